using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Keys;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Support;

/// <summary>The module as it runs in production, with its own token and database, and callers who may be hostile.</summary>
internal sealed class Module : IAsyncDisposable
{
    internal const string Sha256 = "2.16.840.1.101.3.4.2.1", EcdsaSha256 = "1.2.840.10045.4.3.2", Client = "bank";

    private readonly ECDsa _verifier = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private IReadOnlyDictionary<string, object> _sections = new Dictionary<string, object>();

    private Action<IServiceCollection, TestHsm>? _configure;

    private Module(TestHsm hsm, TestDatabase database, TestCluster cluster) => (Hsm, Database, Cluster) = (hsm, database, cluster);

    internal TestHsm Hsm { get; }

    internal TestDatabase Database { get; }

    internal TestCluster Cluster { get; }

    internal TestService Service { get; private set; } = null!;

    internal ActivationModule.ActivationModuleClient Signing { get; private set; } = null!;

    internal ActivationModule.ActivationModuleClient Identity { get; private set; } = null!;

    internal ActivationModule.ActivationModuleClient Registration { get; private set; } = null!;

    internal string Jwks { get; private set; } = "";

    /// <param name="keyCacheCapacity">Users' keys kept unwrapped.</param>
    /// <param name="configure">Changes registrations of every process.</param>
    /// <param name="spareRsa2048">RSA-2048 keys made ahead.</param>
    internal static async Task<Module> StartAsync(int keyCacheCapacity = 500, int spareRsa2048 = 0, Action<IServiceCollection, TestHsm>? configure = null)
    {
        TestHsm hsm = TestHsm.Create();
        using (TokenPool pool = hsm.OpenPool(1))
            await ModuleKeys.InitializeAsync(pool, CancellationToken.None);
        TestDatabase database = await TestDatabase.CreateAsync("signature-activation", typeof(ModuleKeys).Assembly);
        var module = new Module(hsm, database, await TestCluster.CreateAsync()) { _configure = configure };
        string pinFile = Path.Combine(module.Cluster.Pki.Directory, "hsm.pin"), verifierFile = Path.Combine(module.Cluster.Pki.Directory, "verifier.pem");
        await File.WriteAllTextAsync(pinFile, hsm.Pin);
        await File.WriteAllTextAsync(verifierFile, module._verifier.ExportSubjectPublicKeyInfoPem());
        module._sections = new Dictionary<string, object>
        {
            ["Database"] = database.Section,
            ["Hsm"] = new { Library = TestHsm.LibraryPath, hsm.TokenLabel, PinFile = pinFile, Sessions = 4 },
            ["SignatureActivation"] = new { TrustedVerifiers = new[] { verifierFile }, KeyCacheCapacity = keyCacheCapacity, SpareKeys = Spare(spareRsa2048), LogPeriod = "1.00:00:00" },
        };
        module.Service = await module.StartProcessAsync();
        module.Signing = module.ClientOf("signing");
        module.Identity = module.ClientOf("identity");
        module.Registration = module.ClientOf("registration");
        module.Jwks = (await module.Identity.GetEncryptionKeysAsync(new GetEncryptionKeysRequest())).Jwks;
        return module;
    }

    private static object Spare(int rsa2048) => new
    {
        Period = "1.00:00:00", // a test asks for it
        Rsa2048 = new { LowWater = rsa2048, Target = rsa2048 }, Rsa3072 = new { LowWater = 0, Target = 0 }, Rsa4096 = new { LowWater = 0, Target = 0 },
    };

    /// <summary>A process of the module on the same token and database.</summary>
    internal Task<TestService> StartProcessAsync() => Cluster.StartAsync(typeof(ModuleKeys).Assembly, "signature-activation", _sections,
        services => _configure?.Invoke(services, Hsm));

    internal ActivationModule.ActivationModuleClient ClientOf(string service, TestService? process = null) => new(Cluster.Channel(process ?? Service, service));

    internal Phone NewPhone(Guid? owner = null, string pin = "493817") => new(owner ?? Guid.NewGuid(), Jwks, Cluster.Clock, pin);

    /// <summary>An assertion of the trusted verifier, or of somebody else's key.</summary>
    internal string Verify(Phone phone, Action<JsonObject>? falsify = null, ECDsa? by = null)
    {
        long now = Cluster.Clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = "https://verifier.example",
            ["aud"] = "pechat-sam",
            ["sub"] = phone.Owner.ToString(),
            ["outcome"] = "positive",
            ["cnf"] = new JsonObject { ["jkt"] = phone.Thumbprint },
            ["iat"] = now,
            ["exp"] = now + 600,
            ["jti"] = Guid.NewGuid().ToString(),
        };
        falsify?.Invoke(claims);
        return Compact.Jws(by ?? _verifier, null, claims);
    }

    internal async Task<Phone> EnrolAsync(Guid? owner = null, string pin = "493817")
    {
        Phone phone = NewPhone(owner, pin);
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = Verify(phone);
        await Identity.EnrolDeviceAsync(request);
        return phone;
    }

    internal Task<CreateCredentialReply> CreateCredentialAsync(Guid owner, KeyAlgorithm algorithm = KeyAlgorithm.P256) =>
        Registration.CreateCredentialAsync(new CreateCredentialRequest
        {
            RequestId = Guid.NewGuid().ToString(), OwnerId = owner.ToString(), Algorithm = algorithm, CommonName = "Test Person",
        }).ResponseAsync;

    /// <summary>A request to open a transaction, and the SAD that opens its slots.</summary>
    internal (OpenTransactionRequest Request, string Sad) NewTransaction(
        Guid owner, string credentialId, IEnumerable<byte[]> digests, DigestKind kind = DigestKind.Dtbsr, string hash = Sha256)
    {
        string sad = Compact.Text(RandomNumberGenerator.GetBytes(32));
        return (new OpenTransactionRequest
        {
            TransactionId = Guid.NewGuid().ToString(),
            CredentialId = credentialId,
            OwnerId = owner.ToString(),
            ClientId = Client,
            Kind = kind,
            HashAlgorithm = hash,
            Digests = { digests.Select(digest => ByteString.CopyFrom(digest)) },
            DisplayedHash = ByteString.CopyFrom(SHA256.HashData("shown"u8)),
            SadHash = ByteString.CopyFrom(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sad))),
            ExpiresAt = Cluster.Clock.GetUtcNow().AddHours(48).ToTimestamp(),
            SadLifetime = TimeSpan.FromMinutes(5).ToDuration(),
        }, sad);
    }

    /// <summary>Opens and activates; answers the request that would sign everything.</summary>
    internal async Task<SignRequest> ActivatedAsync(Phone phone, string credentialId, IReadOnlyList<byte[]> digests, string hash = Sha256)
    {
        (OpenTransactionRequest request, string sad) = NewTransaction(phone.Owner, credentialId, digests, hash: hash);
        string challenge = (await Signing.OpenTransactionAsync(request)).Challenge;
        await Signing.ActivateAsync(new ActivateRequest { TransactionId = request.TransactionId, Activation = phone.Activate(request, challenge) });
        return SignAll(request, sad, digests);
    }

    internal static SignRequest SignAll(OpenTransactionRequest transaction, string sad, IEnumerable<byte[]> digests) => new()
    {
        TransactionId = transaction.TransactionId,
        CredentialId = transaction.CredentialId,
        ClientId = transaction.ClientId,
        Sad = sad,
        SignatureAlgorithm = EcdsaSha256,
        HashAlgorithm = transaction.HashAlgorithm,
        Items = { digests.Select(digest => new SignItem { Digest = ByteString.CopyFrom(digest) }) },
    };

    /// <summary>Status and code of a refusal.</summary>
    internal static async Task<string> RefusalOf<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call.ResponseAsync;
            return "accepted";
        }
        catch (RpcException refusal)
        {
            return CodeOf(refusal);
        }
    }

    internal static string CodeOf(RpcException refusal) => $"{refusal.StatusCode} {refusal.Trailers.GetValue("pechat-code")}".TrimEnd();

    /// <summary>Runs SQL as the owner of the database, whom nothing but the HSM stops.</summary>
    internal async Task RunAsOwnerAsync(string sql)
    {
        await using NpgsqlConnection connection = await Database.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    internal static byte[] Digest(int number) => SHA256.HashData([(byte)number, (byte)(number >> 8)]);

    internal static byte[][] Digests(int count) => [.. Enumerable.Range(0, count).Select(Digest)];

    public async ValueTask DisposeAsync()
    {
        Cluster.Logs.VerifyNeverLogged("493817");
        Cluster.Logs.Verify();
        await Cluster.DisposeAsync();
        await Database.DisposeAsync();
        _verifier.Dispose();
    }
}

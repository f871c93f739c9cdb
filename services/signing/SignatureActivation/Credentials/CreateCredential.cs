using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Persistence;
using Pechat.Pki;
using Pechat.SignatureActivation.Credentials;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const int MaxCommonName = 64; // ub-common-name, RFC 5280 appendix A

    /// <summary>Makes a key pair in the HSM, stores it wrapped, and answers a request signed with it.</summary>
    [Callers("registration")]
    public override Task<CreateCredentialReply> CreateCredential(CreateCredentialRequest request, ServerCallContext context) =>
        AnswerAsync(() => CreateAsync(request, context.CancellationToken));

    private async Task<CreateCredentialReply> CreateAsync(CreateCredentialRequest request, CancellationToken ct)
    {
        // Step 1: refuse what can be refused before a key exists.
        Guid requestId = ParseId(request.RequestId, "request_id"), owner = ParseId(request.OwnerId, "owner_id");
        KeyAlgorithm algorithm = request.Algorithm == KeyAlgorithm.Unspecified ? KeyAlgorithm.P256 : request.Algorithm;
        _ = UserKeys.PairAlgorithm(algorithm);
        if (request.CommonName.Length is 0 or > MaxCommonName)
            throw FaultException.Invalid("invalid_request", $"common_name must have 1 to {MaxCommonName} characters");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (await CredentialRow.FindByRequestAsync(connection, requestId, ct) is { } existing)
            return Answer(existing, owner, algorithm);
        if (!await HasDeviceAsync(connection, owner, ct))
            throw FaultException.Conflict("no_device", "the owner has no enrolled device");
        // Step 2: take a key made ahead or make one, and store it bound to its owner; of two calls with one request_id the first wins.
        await connection.CloseAsync();
        Guid credentialId = Guid.NewGuid();
        await audit.WriteAsync("key.generating", new { credentialId, owner, requestId, Algorithm = algorithm.ToString() });
        await db.InTransactionAsync(tx => StoreNewKeyAsync(tx, credentialId, requestId, owner, algorithm, request.CommonName, ct), ct);
        await connection.OpenAsync(ct);
        CredentialRow stored = (await CredentialRow.FindByRequestAsync(connection, requestId, ct))!;
        await audit.WriteAsync("key.generated", new { stored.CredentialId, owner, requestId, PublicKey = Convert.ToHexString(stored.PublicKey) });
        return Answer(stored, owner, algorithm);
    }

    private static CreateCredentialReply Answer(CredentialRow row, Guid owner, KeyAlgorithm algorithm) =>
        row.OwnerId != owner || row.Algorithm != (short)algorithm
            ? throw FaultException.Conflict("request_id_used", "this request_id made another credential")
            : row.IsDestroyed ? throw CredentialDestroyed()
            : new CreateCredentialReply
            {
                CredentialId = row.CredentialId.ToString(),
                Csr = ByteString.CopyFrom(row.Csr),
                PublicKey = ByteString.CopyFrom(row.PublicKey),
            };

    private static Task<bool> HasDeviceAsync(NpgsqlConnection connection, Guid owner, CancellationToken ct) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
            select exists (select from device d where d.owner_id = @owner and not exists (select from detachment t where t.device_id = d.device_id))
            """, new { owner }, cancellationToken: ct));

    private async Task StoreNewKeyAsync(
        NpgsqlTransaction tx, Guid credentialId, Guid requestId, Guid owner, KeyAlgorithm algorithm, string commonName, CancellationToken ct)
    {
        SpareKey? spare = await spareKeys.TakeAsync(tx, algorithm, ct); // back in the pool if anything below fails
        NewKey key = spare is null ? await userKeys.GenerateAsync(algorithm, ct) : await userKeys.UnwrapAsync(spare, ct);
        byte[] csr;
        try
        {
            SubjectPublicKey info = SubjectPublicKey.Parse(key.PublicKey);
            var signer = new HsmSigner(pool, key.Handle, HsmSigner.AlgorithmOf(info)); // proves possession
            csr = await CertificationRequest.SignAsync(new DistinguishedName([new(Oids.CommonName, commonName)]), info, signer, ct);
        }
        finally
        {
            await pool.DestroyAsync(key.Handle, CancellationToken.None);
        }
        byte[] rowMac = await module.BindAsync(CredentialRow.Bind(credentialId, owner, algorithm, key.PublicKey, key.Wrapped), ct);
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into credential (credential_id, request_id, owner_id, algorithm, public_key, wrapped_key, kek_generation, csr, row_mac, created_at)
            values (@credentialId, @requestId, @owner, @algorithm, @PublicKey, @Wrapped, @KekGeneration, @csr, @rowMac, @now)
            on conflict (request_id) do nothing
            """, new
            {
                credentialId, requestId, owner, algorithm = (short)algorithm, key.PublicKey, key.Wrapped, key.KekGeneration, csr, rowMac,
                now = clock.GetUtcNow(),
            }, tx, cancellationToken: ct));
        Telemetry.KeysCreated.Add(1, new("algorithm", algorithm.ToString()), new("ahead", spare is not null));
    }
}

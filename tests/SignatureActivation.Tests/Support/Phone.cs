using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Pechat.Contracts.SignatureActivation.V1;

namespace Pechat.SignatureActivation.Tests.Support;

/// <summary>A phone with its device key and its user's PIN.</summary>
internal sealed class Phone(Guid owner, string jwks, TimeProvider clock, string pin = "493817") : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal Guid Owner => owner;

    internal Guid DeviceId { get; } = Guid.NewGuid();

    internal string Pin => pin;

    internal string Jwk => Compact.Jwk(_key.ExportParameters(false));

    internal string Thumbprint => Compact.Thumbprint(_key.ExportParameters(false));

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>An enrolment without evidence.</summary>
    internal EnrolDeviceRequest Enrolment()
    {
        string encrypted = Compact.Jwe(jwks, new JsonObject { ["pin"] = pin, ["device"] = Thumbprint });
        return new EnrolDeviceRequest
        {
            OwnerId = owner.ToString(),
            DeviceId = DeviceId.ToString(),
            PublicKey = Jwk,
            Pin = encrypted,
            Proof = Compact.Jws(_key, DeviceId.ToString(), new JsonObject
            {
                ["aud"] = "pechat-sam",
                ["sub"] = owner.ToString(),
                ["device"] = DeviceId.ToString(),
                ["iat"] = Now,
                ["pin_hash"] = Compact.Text(SHA256.HashData(Encoding.ASCII.GetBytes(encrypted))),
            }),
        };
    }

    /// <summary>A new PIN without evidence, or with the present PIN as it; a test may falsify the proof or what the present PIN is bound to.</summary>
    internal SetPinRequest SetPin(string newPin, string? present = null, Action<JsonObject>? falsify = null, Action<JsonObject>? unbind = null)
    {
        string encrypted = Compact.Jwe(jwks, new JsonObject { ["pin"] = newPin, ["device"] = Thumbprint });
        string pinHash = Compact.Text(SHA256.HashData(Encoding.ASCII.GetBytes(encrypted)));
        var proof = new JsonObject
        {
            ["aud"] = "pechat-sam-pin", ["sub"] = owner.ToString(), ["device"] = DeviceId.ToString(), ["iat"] = Now, ["pin_hash"] = pinHash,
        };
        falsify?.Invoke(proof);
        var request = new SetPinRequest
        {
            OwnerId = owner.ToString(), DeviceId = DeviceId.ToString(), Pin = encrypted, Proof = Compact.Jws(_key, DeviceId.ToString(), proof),
        };
        if (present is not null)
        {
            var bound = new JsonObject { ["pin"] = present, ["device"] = Thumbprint, ["pin_hash"] = pinHash };
            unbind?.Invoke(bound);
            request.CurrentPin = Compact.Jwe(jwks, bound);
        }
        return request;
    }

    /// <summary>The endorsement of an automation as it is asked for; a test may falsify the claims or the PIN.</summary>
    internal string EndorseAutomation(EnrolAutomationRequest asked, string thumbprint, Action<JsonObject>? falsify = null, string? withPin = null, string? pinChallenge = null)
    {
        string jti = Guid.NewGuid().ToString();
        var claims = new JsonObject
        {
            ["aud"] = "pechat-sam-automation", ["iss"] = DeviceId.ToString(), ["sub"] = asked.OwnerId, ["automation"] = asked.AutomationId,
            ["credential"] = asked.CredentialId, ["client"] = asked.ClientId, ["cnf"] = new JsonObject { ["jkt"] = thumbprint },
            ["count"] = asked.MaxSignatures, ["not_after"] = asked.NotAfter.Seconds, ["iat"] = Now, ["exp"] = Now + 300, ["jti"] = jti,
            ["pin"] = Compact.Jwe(jwks, new JsonObject { ["pin"] = withPin ?? pin, ["challenge"] = pinChallenge ?? jti }),
        };
        falsify?.Invoke(claims);
        return Compact.Jws(_key, DeviceId.ToString(), claims);
    }

    internal string Endorse(Phone newcomer) => Compact.Jws(_key, DeviceId.ToString(), new JsonObject
    {
        ["aud"] = "pechat-sam",
        ["iss"] = DeviceId.ToString(),
        ["sub"] = newcomer.Owner.ToString(),
        ["cnf"] = new JsonObject { ["jkt"] = newcomer.Thumbprint },
        ["iat"] = Now,
        ["exp"] = Now + 300,
        ["jti"] = Guid.NewGuid().ToString(),
    });

    /// <summary>The activation of a transaction as the phone was shown it; a test may falsify the claims or the PIN.</summary>
    internal string Activate(OpenTransactionRequest shown, string challenge, Action<JsonObject>? falsify = null, string? withPin = null, string? pinChallenge = null)
    {
        var claims = new JsonObject
        {
            ["aud"] = "pechat-sam",
            ["iss"] = DeviceId.ToString(),
            ["sub"] = owner.ToString(),
            ["transaction"] = shown.TransactionId,
            ["credential"] = shown.CredentialId,
            ["client"] = shown.ClientId,
            ["kind"] = shown.Kind == DigestKind.Sdr ? "SDR" : "DTBSR",
            ["hash_algorithm"] = shown.HashAlgorithm,
            ["digests"] = new JsonArray([.. shown.Digests.Select(digest => JsonValue.Create(Compact.Text(digest.ToByteArray())))]),
            ["count"] = shown.Digests.Count,
            ["challenge"] = challenge,
            ["displayed"] = Compact.Text(shown.DisplayedHash.ToByteArray()),
            ["iat"] = Now,
            ["exp"] = Now + 300,
            ["pin"] = Compact.Jwe(jwks, new JsonObject { ["pin"] = withPin ?? pin, ["challenge"] = pinChallenge ?? challenge }),
        };
        falsify?.Invoke(claims);
        return Compact.Jws(_key, DeviceId.ToString(), claims);
    }

    public void Dispose() => _key.Dispose();
}

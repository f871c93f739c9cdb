using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.SignatureActivation.Enrolment;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private sealed record ProofClaims(string Aud, string Sub, string Device, long Iat, string PinHash);

    private sealed record Confirmation(string Jkt);

    private sealed record VerificationClaims(string Iss, string Aud, string Sub, string Outcome, Confirmation Cnf, long Iat, long Exp, string Jti);

    private sealed record EndorsementClaims(string Iss, string Aud, string Sub, Confirmation Cnf, long Iat, long Exp, string Jti);

    private sealed record EnrolmentPin(string Pin, string Device);

    /// <summary>Enrols a device for an owner on the word of an identity verifier or of another device, never on that of the caller.</summary>
    [Callers("identity")]
    public override Task<EnrolDeviceReply> EnrolDevice(EnrolDeviceRequest request, ServerCallContext context) =>
        AnswerAsync(() => EnrolAsync(request, context.CancellationToken));

    private async Task<EnrolDeviceReply> EnrolAsync(EnrolDeviceRequest request, CancellationToken ct)
    {
        Guid owner = ParseId(request.OwnerId, "owner_id"), deviceId = ParseId(request.DeviceId, "device_id");
        var reply = new EnrolDeviceReply { DeviceId = deviceId.ToString() };
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        try
        {
            Jwk key = Jwk.Parse(request.PublicKey);
            if (await Device.FindAsync(connection, deviceId, ct) is { } existing)
                return existing.OwnerId == owner && existing.PublicKey == key.Canonical && !existing.Detached ? reply : throw DeviceExists();
            // Step 1: the caller's device holds the key and sent this very PIN.
            CheckProof(request.Proof, Audience, owner, deviceId, request.Pin, key);
            // Step 2: somebody other than the caller says that the key is the owner's.
            string jti = request.EvidenceCase switch
            {
                EnrolDeviceRequest.EvidenceOneofCase.Verification => CheckVerification(request.Verification, owner, key),
                EnrolDeviceRequest.EvidenceOneofCase.Endorsement => await CheckEndorsementAsync(connection, request.Endorsement, owner, key, ct),
                _ => throw FaultException.Invalid("invalid_request", "evidence is missing"),
            };
            // Step 3: the PIN.
            string pin = await ReadNewPinAsync(request.Pin, key, ct);
            byte[] salt = await module.RandomAsync(16, ct);
            byte[] verifier = await module.PinMacAsync(Device.PinInput(deviceId, salt, pin), ct);
            byte[] mac = await module.BindAsync(Device.Bind(deviceId, owner, key.Canonical, salt, verifier), ct);
            // Step 4: device and used evidence in one transaction; the record before it takes effect.
            await audit.WriteAsync("device.enrolling", new { owner, deviceId, key.Thumbprint, Evidence = request.EvidenceCase.ToString(), jti });
            await InsertAsync(new { deviceId, owner, PublicKey = key.Canonical, key.Thumbprint, salt, verifier, mac, jti, now = clock.GetUtcNow() }, ct);
            return reply;
        }
        catch (JoseException refusal)
        {
            Refused(logger, "enrolment", refusal.Message);
            throw FaultException.Forbidden("invalid_evidence", refusal.Message);
        }
    }

    private string CheckVerification(string verification, Guid owner, Jwk key)
    {
        VerificationClaims claims = verifiers.Verify<VerificationClaims>(Jws.Parse(verification));
        Require(claims.Aud == Audience && IsId(claims.Sub, owner) && claims.Cnf.Jkt == key.Thumbprint, "the verification is for somebody else");
        Require(claims.Outcome == "positive", "the verification is not positive");
        Require(IsCurrent(claims.Iat, claims.Exp), "the verification is not current");
        return $"{claims.Iss} {claims.Jti}";
    }

    private async Task<string> CheckEndorsementAsync(NpgsqlConnection connection, string endorsement, Guid owner, Jwk key, CancellationToken ct)
    {
        Jws message = Jws.Parse(endorsement);
        Device endorser = await FindActiveDeviceAsync(connection, message.KeyId, owner, ct);
        EndorsementClaims claims = message.Verify<EndorsementClaims>(endorser.Key);
        Require(claims.Aud == Audience && IsId(claims.Iss, endorser.DeviceId) && IsId(claims.Sub, owner) && claims.Cnf.Jkt == key.Thumbprint,
            "the endorsement is for something else");
        Require(IsCurrent(claims.Iat, claims.Exp), "the endorsement is not current");
        return $"{endorser.DeviceId} {claims.Jti}";
    }

    private async Task InsertAsync(object device, CancellationToken ct)
    {
        try
        {
            await db.InTransactionAsync(tx => tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into device (device_id, owner_id, public_key, thumbprint, pin_salt, pin_verifier, row_mac, enrolled_at)
                values (@deviceId, @owner, @PublicKey, @Thumbprint, @salt, @verifier, @mac, @now);
                insert into evidence (jti, device_id, used_at) values (@jti, @deviceId, @now)
                """, device, tx, cancellationToken: ct)), ct);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw exception.TableName == "evidence" ? FaultException.Forbidden("invalid_evidence", "the evidence was used before") : DeviceExists();
        }
    }

    /// <summary>The owner's device, attached, with a row as the module wrote it.</summary>
    /// <exception cref="JoseException">There is none.</exception>
    private async Task<Device> FindActiveDeviceAsync(NpgsqlConnection connection, string? keyId, Guid owner, CancellationToken ct)
    {
        Device? device = Guid.TryParseExact(keyId, "D", out Guid deviceId) ? await Device.FindAsync(connection, deviceId, ct) : null;
        if (device is null || device.Detached || device.OwnerId != owner)
            throw new JoseException("no active device of the owner signed it");
        return await device.IsBoundAsync(module, ct)
            ? device
            : throw new InvalidOperationException($"the row of device {deviceId} was not written by this module");
    }

    private static bool IsId(string claim, Guid id) => Guid.TryParseExact(claim, "D", out Guid parsed) && parsed == id;

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new JoseException(otherwise);
    }

    private static FaultException DeviceExists() => FaultException.Conflict("device_exists", "the device or its key is enrolled already");
}

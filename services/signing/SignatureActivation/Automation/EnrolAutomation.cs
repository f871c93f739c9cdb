using System.Security.Cryptography;
using System.Text;
using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.SignatureActivation.Automation;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Enrolment;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const string AutomationAudience = "pechat-sam-automation";
    private const long MaxAutomatedSignatures = 1_000_000;

    private static readonly TimeSpan MaxAutomationTime = TimeSpan.FromDays(366);

    private sealed record AutomationClaims(string Aud, string Iss, string Sub, string Automation, string Credential, string Client, Confirmation Cnf,
        long Count, long NotAfter, long Iat, long Exp, string Jti, string Pin);

    /// <summary>Registers an automation key on the word, and with the PIN, of a device of the owner: which credential, for whom, how often, until when.</summary>
    [Callers("identity")]
    public override Task<EnrolAutomationReply> EnrolAutomation(EnrolAutomationRequest request, ServerCallContext context) =>
        AnswerAsync(() => EnrolAutomationAsync(request, context.CancellationToken));

    private async Task<EnrolAutomationReply> EnrolAutomationAsync(EnrolAutomationRequest request, CancellationToken ct)
    {
        Guid owner = ParseId(request.OwnerId, "owner_id"), automationId = ParseId(request.AutomationId, "automation_id");
        Guid credentialId = ParseId(request.CredentialId, "credential_id");
        DateTimeOffset now = clock.GetUtcNow(), notAfter = request.NotAfter?.ToDateTimeOffset() ?? now;
        if (request.MaxSignatures is < 1 or > MaxAutomatedSignatures || notAfter <= now || notAfter > now + MaxAutomationTime)
            throw FaultException.Invalid("invalid_request", $"there must be 1 to {MaxAutomatedSignatures} signatures, and an end within 366 days");
        try
        {
            // Step 1: the owner's active device signed exactly this, and the PIN was encrypted for it.
            IVerificationKey key = AutomationRow.ParseKey(request.PublicKey);
            Jws endorsement = Jws.Parse(request.Endorsement);
            Device device;
            await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
            {
                if (await CredentialRow.FindAsync(connection, credentialId, ct) is not { IsDestroyed: false } credential || credential.OwnerId != owner)
                    throw FaultException.NotFound("unknown_credential", "the owner has no such credential");
                device = await FindActiveDeviceAsync(connection, endorsement.KeyId, owner, ct);
            }
            AutomationClaims claims = endorsement.Verify<AutomationClaims>(device.Key);
            Require(claims.Aud == AutomationAudience && IsId(claims.Iss, device.DeviceId) && IsId(claims.Sub, owner) && IsId(claims.Automation, automationId)
                && IsId(claims.Credential, credentialId) && claims.Client == request.ClientId && claims.Cnf.Jkt == key.Thumbprint
                && claims.Count == request.MaxSignatures && claims.NotAfter == notAfter.ToUnixTimeSeconds(), "the endorsement is for something else");
            Require(IsCurrent(claims.Iat, claims.Exp), "the endorsement is not current");
            ActivationPin pin = await module.DecryptAsync<ActivationPin>(claims.Pin, ct);
            Require(FixedTimeEquals(pin.Challenge, claims.Jti), "the PIN is for another endorsement");
            await pins.VerifyAsync(device, pin.Pin, SHA256.HashData(Encoding.ASCII.GetBytes(claims.Pin)), ct);
            // Step 2: the record, then the key.
            var row = new AutomationRow(automationId, owner, credentialId, request.ClientId, key.Canonical, request.MaxSignatures,
                DateTimeOffset.FromUnixTimeSeconds(claims.NotAfter).UtcDateTime, [], Ended: false);
            byte[] mac = await module.BindAsync(row.Binding, ct);
            await audit.WriteAsync("automation.enrolling", new { automationId, owner, credentialId, request.ClientId, key.Thumbprint, claims.Count, row.NotAfter, device.DeviceId });
            await InsertAsync(row, key.Thumbprint, mac, request.Endorsement, $"{device.DeviceId} {claims.Jti}", now, ct);
            return new EnrolAutomationReply();
        }
        catch (JoseException refusal)
        {
            Refused(logger, "automation", refusal.Message);
            throw FaultException.Forbidden("invalid_evidence", refusal.Message);
        }
    }

    private async Task InsertAsync(AutomationRow row, string thumbprint, byte[] mac, string endorsement, string jti, DateTimeOffset now, CancellationToken ct)
    {
        try
        {
            await db.InTransactionAsync(tx => tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into automation (automation_id, owner_id, credential_id, client_id, public_key, thumbprint, max_signatures, not_after,
                    endorsement, row_mac, enrolled_at)
                values (@AutomationId, @OwnerId, @CredentialId, @ClientId, @PublicKey, @thumbprint, @MaxSignatures, @NotAfter, @endorsement, @mac, @now);
                insert into evidence (jti, device_id, used_at) values (@jti, @AutomationId, @now)
                """, new
                {
                    row.AutomationId, row.OwnerId, row.CredentialId, row.ClientId, row.PublicKey, thumbprint, row.MaxSignatures, row.NotAfter, endorsement, mac,
                    jti, now,
                }, tx, cancellationToken: ct)), ct);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw exception.TableName == "evidence"
                ? FaultException.Forbidden("invalid_evidence", "the evidence was used before")
                : FaultException.Conflict("automation_exists", "the automation or its key is registered already");
        }
    }
}

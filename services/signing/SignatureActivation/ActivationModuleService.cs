using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Activation;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Enrolment;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation;

/// <summary>The signature activation module (EN 419 241-2). One method per file; the order of numbered steps is a security property.</summary>
internal sealed partial class ActivationModuleService(
    NpgsqlDataSource db,
    TokenPool pool,
    ModuleCryptography module,
    UserKeys userKeys,
    SpareKeys spareKeys,
    PinGuard pins,
    LiveActivations activations,
    SigningRounds rounds,
    TrustedVerifiers verifiers,
    AuditTrail audit,
    TimeProvider clock,
    ILogger<ActivationModuleService> logger) : ActivationModule.ActivationModuleBase
{
    /// <summary>Audience of every message to the module.</summary>
    private const string Audience = "pechat-sam";

    /// <summary>How far clocks of phones and verifiers may be off.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(2);

    /// <summary>Longest validity of a signed message: a phone signs at the moment of confirmation.</summary>
    private static readonly TimeSpan MaxMessageAge = TimeSpan.FromMinutes(15);

    /// <summary>Runs a method; what the HSM refuses for the moment becomes a retryable fault.</summary>
    private async Task<T> AnswerAsync<T>(Func<Task<T>> method)
    {
        try
        {
            return await method();
        }
        catch (FaultException fault)
        {
            Telemetry.Refusals.Add(1, new KeyValuePair<string, object?>("code", fault.Code));
            throw;
        }
        catch (TokenBusyException busy)
        {
            throw new FaultException(FaultKind.Exhausted, "hsm_busy", "too many calls wait for the HSM; try again", busy);
        }
        catch (Pkcs11Exception failure)
        {
            HsmFailed(logger, failure);
            throw FaultException.Unavailable("hsm_unavailable", "the HSM does not answer; try again", failure);
        }
    }

    private static Guid ParseId(string text, string field) =>
        Guid.TryParseExact(text, "D", out Guid id) ? id : throw FaultException.Invalid("invalid_request", $"{field} must be a UUID");

    /// <summary>Whether a message claims the moment of now: not from the future, not old, not expired.</summary>
    private bool IsCurrent(long issuedAt, long? expiresAt = null)
    {
        long now = clock.GetUtcNow().ToUnixTimeSeconds(), tolerance = (long)ClockTolerance.TotalSeconds;
        return issuedAt <= now + tolerance
            && issuedAt >= now - (long)MaxMessageAge.TotalSeconds
            && (expiresAt is not { } end || (end > now && end > issuedAt));
    }

    [LoggerMessage(6001, LogLevel.Warning, "The HSM failed")]
    private static partial void HsmFailed(ILogger logger, Pkcs11Exception failure);

    [LoggerMessage(6002, LogLevel.Information, "Refused {Purpose}: {Reason}")]
    private static partial void Refused(ILogger logger, string purpose, string reason);
}

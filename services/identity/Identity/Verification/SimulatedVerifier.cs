using System.Security.Cryptography;
using Pechat.Hosting.Jose;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Verification;

/// <summary>
/// The verifier of development and tests. It looks at nothing: the last letter of the document number decides (N negative, S suspended,
/// C captured never, F failed, anything else positive); once the customer has clarified something, the last letter of that does. Never to
/// be trusted by a SAM that guards real keys.
/// </summary>
internal sealed partial class SimulatedVerifier : IIdentityVerifier, IDisposable
{
    private static readonly Dictionary<string, string> Believed = new() { ["simulated"] = "nothing was looked at" };
    private readonly SimulatorOptions _options;
    private readonly TimeProvider _clock;
    private readonly ECDsa _key;
    private readonly string _keyId;

    public SimulatedVerifier(IdentityOptions options, TimeProvider clock, ILogger<SimulatedVerifier> logger)
    {
        (_options, _clock) = (options.Simulator, clock);
        _key = SigningKeys.Load(_options.KeyFile!);
        _keyId = EcPublicKey.From(_key).Thumbprint;
        Started(logger);
    }

    public string Name => "simulator";

    public string Method => "simulated";

    public Task<VerificationOutcome> ExamineAsync(VerificationCase examined, CancellationToken ct) =>
        Task.FromResult<VerificationOutcome>((examined.Clarifications.Count > 0 ? examined.Clarifications[^1] : examined.DocumentNumber)[^1] switch
        {
            'N' => new VerificationOutcome.Negative(Reasons.DataMismatch) { Checks = Believed },
            'S' => new VerificationOutcome.Suspended(Reasons.DocumentUnreadable) { Checks = Believed },
            'C' => new VerificationOutcome.Capturing(null),
            'F' => new VerificationOutcome.Failed(),
            _ => new VerificationOutcome.Positive(Assert(examined)) { Checks = Believed },
        });

    public Task<string> AssertAsync(VerificationCase decided, CancellationToken ct) => Task.FromResult(Assert(decided));

    public void Dispose() => _key.Dispose();

    private string Assert(VerificationCase examined)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        return CompactJws.Sign(new Dictionary<string, object>
        {
            ["iss"] = _options.Issuer,
            ["aud"] = "pechat-sam",
            ["sub"] = examined.CustomerId.ToString(),
            ["outcome"] = "positive",
            ["cnf"] = new { jkt = examined.DeviceKey.Thumbprint },
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.Add(_options.AssertionLifetime).ToUnixTimeSeconds(),
            ["jti"] = examined.Id.ToString(),
        }, _key, _keyId);
    }

    [LoggerMessage(1201, LogLevel.Warning, "Identities are verified by the simulator, which believes anybody")]
    private static partial void Started(ILogger logger);
}

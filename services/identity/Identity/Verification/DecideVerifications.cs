namespace Pechat.Identity.Verification;

/// <summary>Asks the provider about open verifications, beside the requests.</summary>
internal sealed class DecideVerifications(VerificationDecisions decisions, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await decisions.DecideNextAsync(stoppingToken))
                await Task.Delay(Pause, clock, stoppingToken);
        }
    }
}

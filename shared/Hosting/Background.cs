namespace Pechat.Hosting;

/// <summary>Work that runs beside the requests and is started again when it crashes.</summary>
public static class Background
{
    /// <summary>Runs <typeparamref name="T"/>; a crash is logged and, after 1 s growing to 1 min, followed by a new instance.</summary>
    public static WebApplicationBuilder AddBackground<T>(this WebApplicationBuilder builder) where T : BackgroundService
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHostedService<Supervisor<T>>();
        return builder;
    }

    private sealed class Supervisor<T>(IServiceProvider services, TimeProvider clock, ILogger<T> logger) : BackgroundService where T : BackgroundService
    {
        private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            TimeSpan pause = First;
            while (!stoppingToken.IsCancellationRequested)
            {
                long started = clock.GetTimestamp();
                try
                {
                    using T work = ActivatorUtilities.CreateInstance<T>(services);
                    await work.StartAsync(stoppingToken);
                    using CancellationTokenRegistration stop = stoppingToken.Register(() => _ = work.StopAsync(CancellationToken.None));
                    await (work.ExecuteTask ?? Task.CompletedTask);
                    return; // it ended of its own accord
                }
                catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e) // the supervisor exists to survive whatever the work throws
                {
                    BackgroundLog.Crashed(logger, e, typeof(T).Name);
                }
                pause = clock.GetElapsedTime(started) > Longest ? First : pause;
                await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < Longest ? pause * 2 : Longest;
            }
        }
    }
}

internal static partial class BackgroundLog
{
    [LoggerMessage(131, LogLevel.Error, "{Work} crashed and is started again")]
    internal static partial void Crashed(ILogger logger, Exception exception, string work);
}

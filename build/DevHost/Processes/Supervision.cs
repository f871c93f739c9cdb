namespace Pechat.DevHost.Processes;

/// <summary>A server that is started again whenever it ends.</summary>
internal static class Supervision
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>Until told to stop.</summary>
    /// <param name="process">The process that runs now.</param>
    /// <param name="startAgain">Starts another one and returns when it can be used.</param>
    /// <param name="tell">Takes what happened.</param>
    /// <param name="ct">Ends the supervision, not the server.</param>
    public static async Task KeepAsync(Func<ChildProcess> process, Func<CancellationToken, Task> startAgain, Action<string> tell, CancellationToken ct)
    {
        while (true)
        {
            await process().WaitAsync(ct);
            tell($"ended with code {process().ExitCode}; starting it again");
            process().Forget();
            await Task.Delay(Pause, ct);
            try
            {
                await startAgain(ct);
                tell("ready");
            }
            catch (DevHostException failure)
            {
                tell(failure.Message); // it has ended, so the next round tries again
            }
        }
    }
}

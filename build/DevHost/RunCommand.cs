using Pechat.DevHost.MainJob;

namespace Pechat.DevHost;

/// <summary><c>build/run</c>.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(Layout layout, bool once, bool reset, PhoneHabit habit, CancellationToken ct)
    {
        using IDisposable only = layout.Lock();
        if (reset)
            await House.ResetAsync(layout);
        await using var house = new House(layout);
        await house.StartAsync(ct);
        Console.WriteLine("Main job:");
        using var job = new MainJobRun(layout, Console.WriteLine);
        await job.RunAsync(ct);
        (long together, long oneByOne) = house.ResidentMiB;
        Console.WriteLine($"""

            All services together use {together} MiB ({oneByOne} MiB if what they share is counted for each).
              signed files   {layout.Demo}
              for a client   {layout.Demo}/summary.json
              portal         {layout.PublicBase}
              authenticator  {layout.AuthenticatorBase}
              mail           http://localhost:{layout.MailViewPort}/
              logs           {layout.Logs}
            """);
        if (once)
            return 0;
        Console.WriteLine($"The demo customer's phone is told to {habit.ToString().ToLowerInvariant()} what comes. Ctrl-C stops everything.");
        try
        {
            await new PhoneLoop(job.Phone, Console.WriteLine) { Habit = habit, Reading = TimeSpan.FromSeconds(1) }.RunAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Console.WriteLine("Stopping"); // Ctrl-C is how it is meant to end
        }
        return 0;
    }
}

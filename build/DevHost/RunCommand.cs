using System.Globalization;
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
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            All services together use {house.ResidentBytes / 1048576.0:0} MiB.
              signed files   {layout.Demo}
              for a client   {layout.Demo}/summary.json
              portal         {layout.PublicBase}
              authenticator  {layout.AuthenticatorBase}
              mail           http://localhost:{layout.MailViewPort}/
              logs           {layout.Logs}
            """));
        if (once)
            return 0;
        Console.WriteLine($"The demo customer's phone is told to {habit.ToString().ToLowerInvariant()} what comes. Ctrl-C stops everything.");
        await new PhoneLoop(job.Phone, Console.WriteLine) { Habit = habit, Reading = TimeSpan.FromSeconds(1) }.RunAsync(ct);
        return 0;
    }
}

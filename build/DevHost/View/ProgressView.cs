using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Pechat.DevHost.View;

/// <summary>What is going on: a live table on a terminal, plain lines elsewhere.</summary>
internal sealed class ProgressView
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string State, TimeSpan At)> _states = [];
    private readonly Table _table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
    private LiveDisplayContext? _live;

    /// <summary>Shows the table while the work runs.</summary>
    public async Task ShowAsync(Func<Task> work)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
        {
            await work();
            return;
        }
        await AnsiConsole.Live(_table).AutoClear(false).StartAsync(async live =>
        {
            _live = live;
            try
            {
                await work();
            }
            finally
            {
                _live = null;
            }
        });
    }

    /// <summary>Tells the new state of one thing.</summary>
    public void Tell(string name, string state)
    {
        TimeSpan at = Stopwatch.GetElapsedTime(_started);
        lock (_lock)
        {
            bool known = _states.ContainsKey(name);
            _states[name] = (state, at);
            if (_live is null)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds,6:0.0} s  {name,-22} {state}"));
                return;
            }
            if (!known)
                _table.AddRow("", "", "");
            int row = 0;
            foreach ((string each, (string its, TimeSpan when)) in _states)
            {
                _table.UpdateCell(row, 0, string.Create(CultureInfo.InvariantCulture, $"[grey]{when.TotalSeconds,6:0.0} s[/]"));
                _table.UpdateCell(row, 1, each);
                _table.UpdateCell(row++, 2, its == "ready" ? "[green]ready[/]" : Markup.Escape(its));
            }
            _live.Refresh();
        }
    }
}

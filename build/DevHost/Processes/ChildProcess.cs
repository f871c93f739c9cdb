using System.Diagnostics;
using System.Globalization;

namespace Pechat.DevHost.Processes;

/// <summary>How to start a programme.</summary>
/// <param name="Name">Under which name its log and its process id are kept.</param>
/// <param name="File">The programme.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Environment">Variables on top of ours.</param>
internal sealed record Command(string Name, string File, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string>? Environment = null)
{
    /// <summary>The signal that asks it to end cleanly and soon.</summary>
    public string StopSignal { get; init; } = "TERM";

    public string? WorkingDirectory { get; init; }
}

/// <summary>A programme that runs in a session of its own, so that Ctrl-C reaches only us and we stop everything in order.</summary>
internal sealed class ChildProcess
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly string _stopSignal;
    private readonly string _recordFile;
    private readonly StreamWriter _log;
    private bool _forgotten;

    private ChildProcess(Process process, string stopSignal, string recordFile, StreamWriter log) =>
        (_process, _stopSignal, _recordFile, _log) = (process, stopSignal, recordFile, log);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a programme that writes to <c>.run/logs/NAME.log</c>.</summary>
    public static ChildProcess Start(Layout layout, Command command)
    {
        string recordFile = RecordFile(layout, command.Name);
        var log = new StreamWriter(new FileStream(LogFile(layout, command.Name), FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        Process process = new() { StartInfo = Describe(command) };
        process.OutputDataReceived += (_, line) => Write(log, line.Data);
        process.ErrorDataReceived += (_, line) => Write(log, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        File.WriteAllText(recordFile, $"{process.Id} {StartTicks(process.Id)} {command.StopSignal}");
        return new(process, command.StopSignal, recordFile, log);
    }

    /// <summary>Runs a programme to its end and answers its standard output.</summary>
    /// <exception cref="DevHostException">It failed.</exception>
    public static async Task<string> RunAsync(Layout layout, Command command, string nextStep, CancellationToken ct)
    {
        string log = LogFile(layout, command.Name);
        using Process process = new() { StartInfo = Describe(command) };
        process.Start();
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(ct);
        Task<string> errors = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        await File.AppendAllTextAsync(log, await output + await errors, ct);
        if (process.ExitCode != 0)
            throw new DevHostException($"{command.Name}: {Path.GetFileName(command.File)} ended with code {process.ExitCode}", nextStep, log);
        return await output;
    }

    public Task WaitAsync(CancellationToken ct) => _process.WaitForExitAsync(ct);

    /// <summary>Asks the whole session of the programme to end, and kills what does not.</summary>
    public async Task StopAsync()
    {
        if (_forgotten)
            return;
        await SignalGroupAsync(_process.Id, _stopSignal);
        using var patience = new CancellationTokenSource(StopPatience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await SignalGroupAsync(_process.Id, "KILL");
            await _process.WaitForExitAsync();
        }
        Forget();
    }

    /// <summary>Drops the record of a programme that has ended.</summary>
    public void Forget()
    {
        _forgotten = true;
        File.Delete(_recordFile);
        lock (_log)
            _log.Dispose();
        _process.Dispose();
    }

    /// <summary>Ends what an earlier run that crashed has left behind under this name.</summary>
    public static async Task EndLeftoverAsync(Layout layout, string name)
    {
        string recordFile = RecordFile(layout, name);
        if (!File.Exists(recordFile))
            return;
        string[] record = (await File.ReadAllTextAsync(recordFile)).Split(' ');
        int id = int.Parse(record[0], CultureInfo.InvariantCulture);
        // The start time tells our process from a stranger that was given its id since.
        for (int waited = 0; StartTicks(id) is { } ticks && ticks == record[1]; waited++)
        {
            await SignalGroupAsync(id, waited < 100 ? record[2] : "KILL");
            await Task.Delay(100);
        }
        File.Delete(recordFile);
    }

    private static string LogFile(Layout layout, string name) => Path.Combine(layout.Logs, $"{name}.log");

    private static string RecordFile(Layout layout, string name) => Path.Combine(layout.Processes, name);

    private static ProcessStartInfo Describe(Command command)
    {
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.WorkingDirectory = command.WorkingDirectory ?? "";
        start.ArgumentList.Add(command.File);
        foreach (string argument in command.Arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in command.Environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return start;
    }

    private static void Write(StreamWriter log, string? line)
    {
        lock (log)
        {
            if (line is not null && log.BaseStream is { CanWrite: true })
                log.WriteLine(line);
        }
    }

    /// <summary>Start time of a process in clock ticks since boot; null when there is none, or only its unreaped remains.</summary>
    private static string? StartTicks(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // from field 3 (state) on, proc(5)
            return fields[0] == "Z" ? null : fields[19];
        }
        catch (IOException)
        {
            return null; // it ended
        }
    }

    private static async Task SignalGroupAsync(int id, string signal)
    {
        using var kill = Process.Start(new ProcessStartInfo("sh", ["-c", $"kill -s {signal} -- -{id} 2>/dev/null"]));
        await kill!.WaitForExitAsync();
    }
}

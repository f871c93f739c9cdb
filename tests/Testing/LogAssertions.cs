using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace Pechat.Testing;

/// <summary>Keeps all log lines of a test; an Error that was not expected fails it.</summary>
public sealed class LogAssertions : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly ConcurrentDictionary<int, bool> _expected = new();

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<LogLine> Lines => [.. _lines];

    /// <summary>Everything logged so far as one text, to search for what must never be logged.</summary>
    public string Text => string.Join('\n', _lines.Select(l => $"{l.Level} {l.Category} [{l.EventId}] {l.Message} {l.Exception}"));

    /// <summary>Lets an Error with this event id pass.</summary>
    public void ExpectError(int eventId) => _expected[eventId] = true;

    /// <summary>Fails when an Error was logged that nobody expected. Call it at the end of the test.</summary>
    public void Verify()
    {
        LogLine[] unexpected = [.. _lines.Where(l => l.Level >= LogLevel.Error && !_expected.ContainsKey(l.EventId))];
        Assert.That(unexpected, Is.Empty, "unexpected Error in the log:\n" + string.Join('\n', unexpected.Select(l => $"{l.Category} [{l.EventId}] {l.Message} {l.Exception}")));
    }

    /// <summary>Fails when a text that must stay secret was logged.</summary>
    public void VerifyNeverLogged(string secret) => Assert.That(Text, Does.Not.Contain(secret));

    /// <summary>A logger of one category, for things made without a container.</summary>
    public ILogger<T> For<T>() => new LoggerFactory([this], new LoggerFilterOptions { MinLevel = LogLevel.Debug }).CreateLogger<T>();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger(LogAssertions owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner._lines.Enqueue(new(logLevel, category, eventId.Id, formatter(state, exception), exception));
    }
}

/// <summary>One line of the log.</summary>
public sealed record LogLine(LogLevel Level, string Category, int EventId, string Message, Exception? Exception);

using System.Collections.Concurrent;
using System.Data.Common;
using System.Net.Http.Json;
using System.Text.Json;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>A revocation: every access token that carries the id is refused.</summary>
/// <param name="Id">A token's <c>jti</c>, its session (<c>sid</c>) or its phone (<c>device_id</c>).</param>
/// <param name="Until">When the last token that carries the id has expired anyway.</param>
/// <param name="RevokedAt">When it was revoked: a phone that counts again later gets tokens that do.</param>
public sealed record TokenRevocation(Guid Id, DateTimeOffset Until, DateTimeOffset RevokedAt);

/// <summary>What Identity has revoked.</summary>
/// <param name="AsOf">When the list was true, by Identity's clock.</param>
/// <param name="Revoked">The revocations.</param>
public sealed record RevocationList(DateTimeOffset AsOf, IReadOnlyList<TokenRevocation> Revoked);

/// <summary>Where revocations come from.</summary>
public interface IRevocationSource
{
    /// <summary>Revocations recorded at or after <paramref name="since"/>; all that still matter when it is null.</summary>
    Task<RevocationList> ReadAsync(DateTimeOffset? since, CancellationToken ct);
}

/// <summary>
/// Knows which access tokens were revoked, never more than <see cref="MaxAge"/> late: the list is read again on demand, in the background
/// under load and before a token passes otherwise. While Identity cannot be reached the last list counts for <see cref="Patience"/>; after
/// that tokens are refused as unavailable, because one that was revoked could not be told apart. Thread-safe.
/// </summary>
public sealed partial class TokenRevocations
{
    /// <summary>How late a revocation is known, at most: whoever revokes waits as long before saying that it is done.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    /// <summary>How long tokens pass on the last list while Identity is away.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RefreshAge = MaxAge / 2;
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1); // transactions that were open when the last list was read, and clocks of replicas

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(5); // between clocks of Identity's replicas

    private readonly ConcurrentDictionary<Guid, TokenRevocation> _revoked = [];
    private readonly Lock _gate = new();
    private readonly IRevocationSource _source;
    private readonly TimeProvider _clock;
    private readonly ILogger<TokenRevocations> _logger;
    private volatile Task _reading = Task.CompletedTask;
    private volatile Knowledge _known = new(null, null, null);

    internal TokenRevocations(IRevocationSource source, TimeProvider clock, ILogger<TokenRevocations> logger) => (_source, _clock, _logger) = (source, clock, logger);

    /// <summary>Whether one of the ids was revoked, or the phone after the token had been issued.</summary>
    /// <exception cref="FaultException">Unavailable: nobody could say so for too long.</exception>
    internal async ValueTask<bool> AnyAsync(Guid[] ids, Guid? device, DateTimeOffset issuedAt, CancellationToken ct)
    {
        Knowledge known = _known;
        TimeSpan age = Since(known.ReadAt);
        if (age >= RefreshAge)
        {
            Task reading = Read();
            bool passesMeanwhile = age < MaxAge || (known.FailedAt is not null && age < Patience);
            if (!passesMeanwhile)
                await reading.WaitAsync(ct);
            if (Since(_known.ReadAt) >= Patience)
                throw FaultException.Unavailable("temporarily_unavailable", "access tokens cannot be checked at the moment; try again");
        }
        return Array.Exists(ids, _revoked.ContainsKey)
            || (device is { } phone && _revoked.TryGetValue(phone, out TokenRevocation? ended) && issuedAt <= ended.RevokedAt + Skew);
    }

    private TimeSpan Since(long? timestamp) => timestamp is { } at ? _clock.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>The reading under way, or a new one; none right after a failure.</summary>
    private Task Read()
    {
        lock (_gate)
        {
            if (_reading.IsCompleted && Since(_known.FailedAt) >= MaxAge)
                _reading = Task.Run(ReadAsync); // ends with no request, and holds no lock
            return _reading;
        }
    }

    private async Task ReadAsync()
    {
        long askedAt = _clock.GetTimestamp();
        using var patience = new CancellationTokenSource(ReadTimeout);
        try
        {
            RevocationList list = await _source.ReadAsync(_known.AsOf - Overlap, patience.Token);
            foreach (TokenRevocation each in list.Revoked)
                _revoked[each.Id] = each;
            foreach ((Guid id, TokenRevocation each) in _revoked)
            {
                if (each.Until + Overlap < list.AsOf)
                    _revoked.TryRemove(id, out _);
            }
            _known = new(list.AsOf, askedAt, null);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or DbException)
        {
            _known = _known with { FailedAt = _clock.GetTimestamp() }; // the age of the list decides what that means
            NotRead(_logger, e.GetType().Name, e.Message);
        }
    }

    /// <summary>The last list: true when, asked for when; and when the last attempt since then failed.</summary>
    private sealed record Knowledge(DateTimeOffset? AsOf, long? ReadAt, long? FailedAt);

    [LoggerMessage(131, LogLevel.Warning, "The list of revoked tokens could not be read: {Kind}: {Why}")]
    private static partial void NotRead(ILogger logger, string kind, string why);
}

/// <summary>Reads the list from the peer <c>identity</c>.</summary>
internal sealed class PeerRevocations(IHttpClientFactory clients) : IRevocationSource
{
    internal const string Path = "/internal/token-revocations"; // no surface of the gateway

    public async Task<RevocationList> ReadAsync(DateTimeOffset? since, CancellationToken ct)
    {
        using HttpClient client = clients.CreateClient("identity");
        string query = since is { } from ? $"?since={from.ToUnixTimeMilliseconds()}" : "";
        return await client.GetFromJsonAsync<RevocationList>(new Uri(Path + query, UriKind.Relative), ct) ?? throw new JsonException("no list");
    }
}

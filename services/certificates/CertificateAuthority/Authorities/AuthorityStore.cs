using System.Collections.Concurrent;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hsm;
using Pechat.Pkcs11;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Authorities;

/// <summary>The authorities and responders that the ceremony made, with their keys found in the token. Authorities never change, so they are kept; responders are looked up again every minute.</summary>
internal sealed class AuthorityStore(NpgsqlDataSource db, TokenPool token, TimeProvider clock)
{
    private static readonly TimeSpan ResponderAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ListAge = TimeSpan.FromSeconds(10); // a new authority answers OCSP that soon
    private readonly ConcurrentDictionary<string, Authority> _authorities = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (Responder Responder, DateTimeOffset ReadAt)> _responders = new(StringComparer.Ordinal);

    private volatile IssuingList? _issuing;

    /// <summary>The issuing CAs, on the path of every OCSP request and therefore not read every time.</summary>
    internal async Task<IReadOnlyList<(string Name, Certificate Certificate)>> ListIssuingAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        if (_issuing is { } known && now - known.ReadAt < ListAge)
            return known.Authorities;
        var issuing = (await ListAsync(ct)).Where(each => !each.Certificate.Issuer.Equals(each.Certificate.Subject)).ToList();
        _issuing = new IssuingList(issuing, now);
        return issuing;
    }

    /// <summary>All CA certificates, root first.</summary>
    internal async Task<IReadOnlyList<(string Name, Certificate Certificate)>> ListAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        IEnumerable<Row> rows = await connection.QueryAsync<Row>(new CommandDefinition(
            "select name, issuer, certificate, key_label from authority order by issuer <> name, created_at, name", cancellationToken: ct));
        return [.. rows.Select(row => (row.Name, Certificate.Parse(row.Certificate)))];
    }

    /// <summary>The authority of that name, or null.</summary>
    /// <exception cref="FaultException">Its key is not in the token, or the token does not answer.</exception>
    internal async Task<Authority?> FindAsync(string name, CancellationToken ct)
    {
        if (_authorities.TryGetValue(name, out Authority? known))
            return known;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        Row? row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "select name, issuer, certificate, key_label from authority where name = @name", new { name }, cancellationToken: ct));
        if (row is null)
            return null;
        Certificate certificate = Certificate.Parse(row.Certificate);
        return _authorities.GetOrAdd(name, new Authority(name, row.Issuer, certificate, await FindSignerAsync(row.KeyLabel, certificate, ct)));
    }

    /// <summary>The authority of that name.</summary>
    /// <exception cref="FaultException">The ceremony has not made it, or its key does not answer.</exception>
    internal async Task<Authority> GetAsync(string name, CancellationToken ct) =>
        await FindAsync(name, ct) ?? throw FaultException.Unavailable("no_authority", $"the authority {name} has not been made yet");

    /// <summary>The certificates above an end entity: its issuer first, the root last.</summary>
    internal async Task<IReadOnlyList<Certificate>> ChainAsync(string issuer, CancellationToken ct)
    {
        var chain = new List<Certificate>();
        Authority each = await GetAsync(issuer, ct);
        chain.Add(each.Certificate);
        while (!each.IsRoot)
        {
            each = await GetAsync(each.IssuerName, ct);
            chain.Add(each.Certificate);
        }
        return chain;
    }

    /// <summary>The newest responder of an authority that is valid now.</summary>
    /// <exception cref="FaultException">There is none, or its key does not answer.</exception>
    internal async Task<Responder> GetResponderAsync(string issuer, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        if (_responders.TryGetValue(issuer, out var known) && now - known.ReadAt < ResponderAge && known.Responder.Certificate.NotAfter > now)
            return known.Responder;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        ResponderRow row = await connection.QuerySingleOrDefaultAsync<ResponderRow>(new CommandDefinition(
                "select certificate, key_label from responder where issuer = @issuer and not_after > @now order by not_after desc limit 1",
                new { issuer, now }, cancellationToken: ct))
            ?? throw FaultException.Unavailable("no_responder", $"the authority {issuer} has no valid OCSP responder");
        Certificate certificate = Certificate.Parse(row.Certificate);
        var responder = new Responder(certificate, await FindSignerAsync(row.KeyLabel, certificate, ct));
        _responders[issuer] = (responder, now);
        return responder;
    }

    private async Task<FaultingSigner> FindSignerAsync(string label, Certificate certificate, CancellationToken ct)
    {
        try
        {
            if (await HsmSigner.FindAsync(token, label, ct) is not { } found)
                throw FaultException.Unavailable("no_key", $"the token holds no key {label}");
            if (!found.PublicKey.Encoded.Span.SequenceEqual(certificate.PublicKey.Encoded.Span))
                throw FaultException.Unavailable("wrong_key", $"the key {label} in the token is not the one in its certificate");
            return new FaultingSigner(found.Signer);
        }
        catch (Exception e) when (e is Pkcs11Exception or TokenBusyException)
        {
            throw FaultException.Unavailable("hsm_unavailable", "the token does not answer; try again", e);
        }
    }

    private sealed record IssuingList(IReadOnlyList<(string Name, Certificate Certificate)> Authorities, DateTimeOffset ReadAt);

    private sealed record Row(string Name, string Issuer, byte[] Certificate, string KeyLabel);

    private sealed record ResponderRow(byte[] Certificate, string KeyLabel);
}

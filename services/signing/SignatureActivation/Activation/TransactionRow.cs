using Dapper;
using Npgsql;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Activation;

/// <summary>A transaction, and its activation if it has one.</summary>
internal sealed record TransactionRow
{
    internal Guid TransactionId { get; init; }

    internal Guid CredentialId { get; init; }

    internal Guid OwnerId { get; init; }

    internal string ClientId { get; init; } = "";

    /// <summary>DigestKind of the contract.</summary>
    internal short Kind { get; init; }

    internal string HashAlgorithm { get; init; } = "";

    internal byte[][] Digests { get; init; } = [];

    internal byte[] DisplayedHash { get; init; } = [];

    internal byte[] SadHash { get; init; } = [];

    internal byte[] ChallengeHash { get; init; } = [];

    internal DateTime ExpiresAt { get; init; }

    internal TimeSpan SadLifetime { get; init; }

    internal bool Closed { get; init; }

    /// <summary>Whether its key was destroyed.</summary>
    internal bool Destroyed { get; init; }

    /// <summary>The device that activated it; null before.</summary>
    internal Guid? DeviceId { get; init; }

    internal DateTime? ActivatedAt { get; init; }

    /// <summary>How often the SAD was renewed.</summary>
    internal int Renewal { get; init; }

    /// <summary>Of the SAD that counts: the one renewed last.</summary>
    internal DateTime? SadExpiresAt { get; init; }

    /// <summary>Of the SAD before the last renewal.</summary>
    internal byte[]? PreviousSadHash { get; init; }

    internal byte[]? Mac { get; init; }

    internal bool IsActivated => DeviceId is not null;

    /// <summary>What Sign relies on: without the device's activation nobody can make this MAC, not even with the database in hand.</summary>
    internal MacInput Binding(Guid deviceId, DateTimeOffset sadExpiresAt)
    {
        MacInput input = new MacInput("activation.2").Add(TransactionId).Add(CredentialId).Add(OwnerId).Add(ClientId).Add(Kind)
            .Add(HashAlgorithm).Add(SadHash).Add(deviceId).Add(new DateTimeOffset(ActivatedAt!.Value, TimeSpan.Zero)).Add(sadExpiresAt);
        foreach (byte[] digest in Digests)
            input.Add(digest);
        return input;
    }

    internal static Task<TransactionRow?> FindAsync(NpgsqlConnection connection, Guid transactionId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<TransactionRow>(new CommandDefinition("""
            select s.transaction_id, s.credential_id, s.owner_id, s.client_id, s.kind, s.hash_algorithm, s.digests,
                s.displayed_hash, coalesce(r.sad_hash, s.sad_hash) as sad_hash, s.challenge_hash, s.expires_at, s.sad_lifetime,
                c.transaction_id is not null as closed, exists (select from destruction x where x.credential_id = s.credential_id) as destroyed,
                a.device_id, a.activated_at, coalesce(r.number, 0) as renewal, coalesce(r.sad_expires_at, a.sad_expires_at) as sad_expires_at, coalesce(r.mac, a.mac) as mac,
                r.previous_hash as previous_sad_hash
            from signing_transaction s
            left join closure c using (transaction_id)
            left join activation a using (transaction_id)
            left join lateral (
                select number, previous_hash, sad_hash, sad_expires_at, mac from renewal where transaction_id = s.transaction_id order by number desc limit 1
            ) r on true
            where s.transaction_id = @transactionId
            """, new { transactionId }, cancellationToken: ct));
}

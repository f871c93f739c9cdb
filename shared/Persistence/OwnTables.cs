using Npgsql;

namespace Pechat.Persistence;

/// <summary>The tables that every database of the house has: applied migrations, outbox, inbox.</summary>
internal static class OwnTables
{
    /// <summary>The statements; they may run again and again.</summary>
    internal static string Sql(string applicationRole)
    {
        using var quoting = new NpgsqlCommandBuilder();
        string role = quoting.QuoteIdentifier(applicationRole);
        return $"""
            create table if not exists public.migration (
                number integer primary key,
                name text not null,
                checksum text not null,
                applied_at timestamptz not null default now()
            );
            create table if not exists public.outbox (
                sequence bigint generated always as identity primary key,
                id uuid not null unique,
                type text not null,
                body jsonb not null,
                created_at timestamptz not null,
                sent_at timestamptz
            );
            create index if not exists outbox_unsent on public.outbox (sequence) where sent_at is null;
            create index if not exists outbox_sent on public.outbox (sent_at) where sent_at is not null;
            create table if not exists public.inbox (
                message_id uuid not null,
                consumer text not null,
                accepted_at timestamptz not null default now(),
                primary key (message_id, consumer)
            );
            create index if not exists inbox_accepted_at on public.inbox (accepted_at);
            grant select, insert, delete on public.outbox to {role};
            grant update (sent_at) on public.outbox to {role};
            grant select, insert, delete on public.inbox to {role};
            grant update (accepted_at) on public.inbox to {role}; -- the cleaner locks the rows that it deletes
            """;
    }
}

using System.Reflection;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Persistence;

public sealed class MigrationTests
{
    private static readonly Assembly Here = typeof(MigrationTests).Assembly;

    [Test]
    public async Task Scripts_run_once_in_order()
    {
        await using TestDatabase db = await TestDatabase.CreateEmptyAsync("shared-tests");
        Assert.That(await ApplyAsync(db), Is.EqualTo(new[] { "0001_thing.sql", "0002_thing_count.sql" }));
        Assert.That(await ApplyAsync(db), Is.Empty);
    }

    [Test]
    public async Task Runners_that_start_together_apply_each_script_once()
    {
        await using TestDatabase db = await TestDatabase.CreateEmptyAsync("shared-tests");
        var applied = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => ApplyAsync(db))));
        Assert.That(applied.Sum(a => a.Count), Is.EqualTo(2));
    }

    [Test]
    public async Task A_changed_script_is_refused()
    {
        await using TestDatabase db = await TestDatabase.CreateAsync("shared-tests", Here);
        await using NpgsqlConnection owner = await db.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync("update public.migration set checksum = 'other' where number = 1");
        Assert.That(() => ApplyAsync(db), Throws.InstanceOf<MigrationException>().With.Message.Contains("0001_thing.sql"));
    }

    [Test]
    public async Task A_script_that_fails_leaves_nothing_behind()
    {
        await using TestDatabase db = await TestDatabase.CreateEmptyAsync("shared-tests");
        await using (NpgsqlConnection owner = await db.Owner.OpenConnectionAsync())
            await owner.ExecuteAsync("create table thing (thing_id uuid)"); // in the way of 0001
        Assert.That(() => ApplyAsync(db), Throws.InstanceOf<PostgresException>());
        await using (NpgsqlConnection owner = await db.Owner.OpenConnectionAsync())
        {
            Assert.That(await owner.ExecuteScalarAsync<int>("select count(*) from public.migration"), Is.Zero);
            await owner.ExecuteAsync("drop table thing");
        }
        Assert.That(await ApplyAsync(db), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task The_application_role_may_not_change_the_schema_nor_what_was_migrated()
    {
        await using TestDatabase db = await TestDatabase.CreateAsync("shared-tests", Here);
        await using NpgsqlConnection application = await db.DataSource.OpenConnectionAsync();
        foreach (string forbidden in new[] { "create table x (y int)", "drop table thing", "delete from thing", "delete from public.migration", "update public.outbox set body = '{}'" })
            Assert.That(() => application.ExecuteAsync(forbidden), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("42501"), forbidden);
    }

    [Test]
    public async Task The_verb_migrate_uses_the_owner_role_and_nothing_else_runs_it()
    {
        await using TestDatabase db = await TestDatabase.CreateEmptyAsync("shared-tests");
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { Database = db.Section }));
        try
        {
            Assert.That(await Migrations.RunIfAskedAsync(["--PECHAT_CONFIG=" + file], "shared-tests", Here), Is.False);
            Assert.That(await Migrations.RunIfAskedAsync(["migrate", "--PECHAT_CONFIG=" + file], "shared-tests", Here), Is.True);
            await using NpgsqlConnection application = await db.DataSource.OpenConnectionAsync();
            Assert.That(await application.ExecuteScalarAsync<string>("select tableowner from pg_tables where tablename = 'thing'"), Is.EqualTo("shared_tests_owner"));
            Assert.That(() => Migrations.RunIfAskedAsync(["migrate", "--PECHAT_CONFIG=" + file, "--Database:Nmae=x"], "shared-tests", Here),
                Throws.InstanceOf<ConfigurationException>().With.Message.Contains("Database:Nmae: unknown key"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task<IReadOnlyList<string>> ApplyAsync(TestDatabase db) => Migrations.ApplyAsync(db.Owner, db.Role, Here, CancellationToken.None);
}

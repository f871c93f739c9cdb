using Dapper;
using Npgsql;
using Pechat.CertificateAuthority.Evidence;
using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.CertificateAuthority.Tests.Evidence;

internal sealed class AuditLogTests : AuthorityTests
{
    [Test, Property("Clause", "EN 319 411-1 §6.4.5")]
    public async Task Every_use_of_a_key_leaves_a_record_before_and_after_and_the_chain_is_whole()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        await using NpgsqlConnection connection = await Authority.Database.Owner.OpenConnectionAsync();
        var events = (await connection.QueryAsync<string>("select event from audit where body like @serial order by sequence", new { serial = $"%\"{issued.Serial}\"%" })).AsList();
        Assert.That(events, Is.EqualTo(new[] { "certificate.signing", "certificate.signed" }));
        Assert.That((await AuditLog.VerifyAsync(Authority.Database.DataSource, default)).Broken, Is.Null);
    }

    [Test]
    public async Task Changed_and_missing_records_are_found()
    {
        await Authority.IssueAsync();
        await using NpgsqlConnection connection = await Authority.Database.Owner.OpenConnectionAsync();
        foreach (string attack in new[] { "update audit set body = body || ' ' where sequence = 3", "delete from audit where sequence = 3", "update audit set at = at + interval '1 day' where sequence = 3" })
        {
            await connection.ExecuteAsync("create table kept as select * from audit");
            await connection.ExecuteAsync(attack);
            Assert.That((await AuditLog.VerifyAsync(Authority.Database.Owner, default)).Broken, Is.Not.Null, attack);
            await connection.ExecuteAsync("truncate audit; insert into audit select * from kept; drop table kept");
        }
        Assert.That((await AuditLog.VerifyAsync(Authority.Database.DataSource, default)).Broken, Is.Null);
    }

    [Test]
    public void Service_may_neither_change_nor_delete_records() => Assert.Multiple(() =>
    {
        foreach (string attack in new[] { "update audit set body = ''", "delete from audit", "delete from status_change", "delete from certificate", "update certificate set tbs = ''", "delete from authority" })
        {
            Assert.That(async () =>
            {
                await using NpgsqlConnection connection = await Authority.Database.DataSource.OpenConnectionAsync();
                await connection.ExecuteAsync(attack);
            }, Throws.TypeOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo("42501"), attack);
        }
    });
}

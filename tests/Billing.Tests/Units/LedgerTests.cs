using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts.Billing.V1;
using Pechat.Contracts.Events.Identity;
using Pechat.Contracts.Events.Signing;
using Pechat.Testing;

namespace Pechat.Billing.Tests.Units;

public sealed class LedgerTests : BillingFixture
{
    [Test, Requirement("S1-8")]
    public async Task An_active_profile_gets_three_units_for_a_year_once()
    {
        Guid customer = await ActivateAsync();
        for (int i = 0; i < 3; i++) // the event again, as another message: idempotent by profile and year, not only by message
            await PublishAsync(new CustomerActivated(customer, Cluster.Clock.GetUtcNow()));
        await ActivateAsync(); // goes through the same queue afterwards
        JsonElement body = await EntitlementsAsync(customer);
        Assert.That((body.GetProperty("remaining").GetInt32(), body.GetProperty("unlimited").GetBoolean()), Is.EqualTo((3, false)));
        JsonElement free = body.GetProperty("items").EnumerateArray().Single();
        Assert.That(free.GetProperty("package").GetString(), Is.EqualTo("FREE"));
        Assert.That(free.GetProperty("validUntil").GetDateTimeOffset() - Cluster.Clock.GetUtcNow(), Is.EqualTo(TimeSpan.FromDays(365)).Within(TimeSpan.FromDays(1.1)));
    }

    [Test]
    public async Task Units_are_reserved_captured_when_the_signature_exists_and_final()
    {
        Guid customer = await ActivateAsync();
        Guid transaction = Guid.NewGuid();
        Assert.That((await ReserveAsync(customer, 2, transaction)).Remaining, Is.EqualTo(1));
        var created = new SignatureCreated(transaction, customer, Guid.NewGuid(), "bank", 2, [], DateTimeOffset.UtcNow);
        Guid message = Guid.NewGuid();
        await PublishAsync(created, message);
        await Eventually.HoldsAsync(async () => await EntriesAsync(transaction, "capture") == 2, "the units are captured");
        await PublishAsync(created, message); // a second delivery
        await ReleaseAsync(transaction);
        await PublishAsync(new SignatureEnded(transaction, customer, "failed", DateTimeOffset.UtcNow));
        await Task.WhenAll(ActivateAsync(), Task.Delay(500));
        Assert.That((await EntriesAsync(transaction, "capture"), await EntriesAsync(transaction, "release"), await LeftAsync(customer)), Is.EqualTo((2, 0, 1)));
    }

    [Test]
    public async Task A_transaction_that_ends_without_signatures_costs_nothing()
    {
        Guid customer = await ActivateAsync();
        Guid transaction = Guid.NewGuid();
        await ReserveAsync(customer, 3, transaction);
        await PublishAsync(new SignatureEnded(transaction, customer, "rejected", DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync(async () => await LeftAsync(customer) == 3, "the units are back");
    }

    [Test]
    public async Task Of_a_batch_that_failed_half_way_only_the_signatures_are_paid()
    {
        Guid customer = await ActivateAsync();
        Guid transaction = Guid.NewGuid();
        await ReserveAsync(customer, 3, transaction);
        await PublishAsync(new SignatureCreated(transaction, customer, Guid.NewGuid(), "bank", 2, [], DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync(async () => await EntriesAsync(transaction, "capture") == 2, "two are captured");
        await ReleaseAsync(transaction);
        Assert.That(await LeftAsync(customer), Is.EqualTo(1));
    }

    [Test]
    public async Task A_reservation_lapses_with_time()
    {
        Guid customer = await ActivateAsync();
        await ReserveAsync(customer, 3, lifetime: TimeSpan.FromSeconds(1));
        Assert.That(await LeftAsync(customer), Is.Zero);
        await Eventually.HoldsAsync(async () => await LeftAsync(customer) == 3, "the reservation has lapsed");
    }

    [Test]
    public async Task Two_reservations_that_race_for_the_last_unit_give_one_success()
    {
        for (int round = 0; round < 5; round++)
        {
            Guid customer = await ActivateAsync();
            await ReserveAsync(customer, 2);
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await ReserveAsync(customer, 1);
                    return true;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted && e.Trailers.GetValue("pechat-code") == "no_units")
                {
                    return false;
                }
            })));
            Assert.That((won.Count(w => w), await LeftAsync(customer)), Is.EqualTo((1, 0)));
        }
    }

    [Test]
    public async Task A_repeated_reservation_takes_nothing_more_and_other_values_are_refused()
    {
        Guid customer = await ActivateAsync();
        Guid reservation = Guid.NewGuid();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ReserveAsync(customer, 1, reservation)));
        Assert.That(await LeftAsync(customer), Is.EqualTo(2));
        Assert.That(await RefusalOf(ReserveAsync(customer, 2, reservation)), Is.EqualTo((StatusCode.FailedPrecondition, "reservation_mismatch")));
    }

    [Test]
    public async Task What_was_given_back_is_not_taken_again_by_a_late_repeat()
    {
        Guid customer = await ActivateAsync();
        Guid reservation = Guid.NewGuid();
        await ReserveAsync(customer, 2, reservation);
        await ReleaseAsync(reservation);
        Assert.That(await RefusalOf(ReserveAsync(customer, 2, reservation)), Is.EqualTo((StatusCode.FailedPrecondition, "reservation_ended")));
        Assert.That(await LeftAsync(customer), Is.EqualTo(3));
    }

    [Test]
    public async Task Random_histories_never_go_below_zero_and_never_charge_twice([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        Guid customer = await ActivateAsync();
        await BuyAsync(customer, "ECON", 7, 1);
        var reservations = new List<(Guid Id, int Units)>();
        for (int step = 0; step < 60; step++)
        {
            if (reservations.Count == 0 || random.Next(3) == 0)
            {
                (Guid Id, int Units) next = (Guid.NewGuid(), random.Next(1, 5));
                try
                {
                    await ReserveAsync(customer, next.Units, next.Id);
                    reservations.Add(next);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    Assert.That(await LeftAsync(customer), Is.LessThan(next.Units), "refused only when there are too few");
                }
            }
            else
            {
                Guid id = reservations[random.Next(reservations.Count)].Id;
                if (random.Next(2) == 0)
                    await ReleaseAsync(id);
                else
                    await Pechat.Persistence.Database.InTransactionAsync(Db.DataSource, tx => Billing.Units.Ledger.SettleAsync(tx, id, "capture", random.Next(1, 4), Cluster.Clock.GetUtcNow(), default), default);
            }
            Assert.That(await LeftAsync(customer), Is.InRange(0, 10));
        }
        int final = 0, held = 0;
        foreach (var (id, units) in reservations)
        {
            int captured = await EntriesAsync(id, "capture"), released = await EntriesAsync(id, "release");
            Assert.That(captured + released, Is.LessThanOrEqualTo(units));
            final += captured;
            held += units - captured - released;
        }
        Assert.That(await LeftAsync(customer), Is.EqualTo(10 - final - held));
    }

    [Test, Requirement("S1-15")]
    public async Task A_relying_party_pays_by_its_contract_and_up_to_its_limit()
    {
        Guid customer = await ActivateAsync();
        Assert.That(await RefusalOf(ByClientAsync("stranger", 1)), Is.EqualTo((StatusCode.PermissionDenied, "payer_refused")));
        await using (NpgsqlConnection owner = await Db.Owner.OpenConnectionAsync())
            await owner.ExecuteAsync("insert into client_contract (client_id, may_pay, monthly_limit) values ('bank', true, 5), ('insurer', true, null)");
        await ByClientAsync("bank", 5);
        Assert.That(await RefusalOf(ByClientAsync("bank", 1)), Is.EqualTo((StatusCode.ResourceExhausted, "no_units")));
        await ByClientAsync("insurer", 1000);
        Assert.That(await LeftAsync(customer), Is.EqualTo(3), "the customer's units are not touched");
    }

    [Test]
    public async Task An_unlimited_package_comes_on_top_of_the_free_units_and_goes_first()
    {
        Guid customer = await ActivateAsync();
        await BuyAsync(customer, "UNL_M", null, 1);
        Assert.That((await ReserveAsync(customer, 500)).Unlimited, Is.True);
        JsonElement body = await EntitlementsAsync(customer);
        Assert.That((body.GetProperty("remaining").GetInt32(), body.GetProperty("unlimited").GetBoolean()), Is.EqualTo((3, true)));
    }

    [Test]
    public async Task The_ledger_cannot_be_rewritten_by_the_service()
    {
        await using NpgsqlConnection application = await Db.DataSource.OpenConnectionAsync();
        foreach (string forbidden in new[] { "update ledger_entry set units = 1", "delete from ledger_entry", "update entitlement set units = 99", "delete from reservation", "update tariff set gross_minor = 1" })
            Assert.That(() => application.ExecuteAsync(forbidden), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("42501"), forbidden);
    }

    [Test]
    public async Task Only_signing_may_reserve_and_bad_requests_are_refused()
    {
        var gateway = new UnitLedger.UnitLedgerClient(Cluster.Channel(Service, "gateway"));
        Assert.That(await RefusalOf(gateway.ReserveAsync(new ReserveRequest()).ResponseAsync), Is.EqualTo((StatusCode.PermissionDenied, "peer_refused")));
        foreach (ReserveRequest bad in new[]
        {
            new ReserveRequest(), new ReserveRequest { ReservationId = "x", Units = 1 }, new ReserveRequest { ReservationId = Guid.NewGuid().ToString(), Units = 1 },
            new ReserveRequest { ReservationId = Guid.NewGuid().ToString(), Units = 0, PayerClientId = "a" },
            new ReserveRequest { ReservationId = Guid.NewGuid().ToString(), Units = 1, PayerClientId = "a", PayerCustomerId = Guid.NewGuid().ToString() },
        })
            Assert.That(await RefusalOf(Signing.ReserveAsync(bad).ResponseAsync), Is.EqualTo((StatusCode.InvalidArgument, "invalid_request")));
    }

    [Test, Requirement("S1-7"), Requirement("S1-9"), Requirement("S1-10"), Requirement("S1-11"), Requirement("S1-12")]
    public async Task The_packages_are_public_with_units_validity_and_price()
    {
        using HttpClient gateway = Cluster.Client(Service);
        JsonElement packages = (await gateway.GetFromJsonAsync<JsonElement>("/billing/v1/packages")).GetProperty("packages");
        var shown = packages.EnumerateArray().Select(p => (
            p.GetProperty("code").GetString(), p.TryGetProperty("units", out JsonElement units) ? units.GetInt32() : (int?)null, p.GetProperty("validity").GetString(),
            string.Join(", ", p.GetProperty("prices").EnumerateArray().Select(x => $"{x.GetProperty("currency")} {x.GetProperty("gross")}"))));
        Assert.That(shown, Is.EqualTo(new (string?, int?, string?, string?)[]
        {
            ("FREE", 3, "P1Y", "EUR 0, BGN 0"), ("ECON", 7, "P1M", "EUR 322, BGN 630"), ("PRACT", 100, "P1Y", "EUR 3190, BGN 6240"),
            ("UNL_M", null, "P1M", "EUR 552, BGN 1080"), ("UNL_Y", null, "P1Y", "EUR 5890, BGN 11520"),
        }));
    }

    [Test]
    public async Task Entitlements_need_a_token_of_the_phone_or_the_portal()
    {
        using HttpClient gateway = Cluster.Client(Service);
        Assert.That((await gateway.GetAsync("/billing/v1/entitlements")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using HttpClient other = Cluster.Client(Service, accessToken: Cluster.Tokens.Issue(Guid.NewGuid(), "service"));
        Assert.That((await other.GetAsync("/billing/v1/entitlements")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    private async Task<JsonElement> EntitlementsAsync(Guid customer)
    {
        using HttpClient client = Cluster.Client(Service, accessToken: Cluster.Tokens.Issue(customer, "portal"));
        return await client.GetFromJsonAsync<JsonElement>("/billing/v1/entitlements");
    }

    private Task<ReserveReply> ByClientAsync(string client, int units) => Signing.ReserveAsync(new ReserveRequest
    {
        ReservationId = Guid.NewGuid().ToString(), PayerClientId = client, Units = units,
    }).ResponseAsync;
}

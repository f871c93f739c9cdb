using Grpc.Core;
using Npgsql;
using Pechat.Billing.Units;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Testing;

namespace Pechat.Billing.Tests.Units;

/// <summary>Rule R-027: three units a year from activation, not carried over, only while the profile is active.</summary>
public sealed class RenewFreeUnitsTests : BillingFixture
{
    [Test, Requirement("S0-39")]
    public async Task An_active_profile_gets_three_new_units_every_year_and_the_old_ones_are_not_carried_over()
    {
        Guid customer = await ActivateAsync();
        await ReserveAsync(customer, 1);
        Assert.That(await RenewAfterAsync(customer, days: 200, CustomerState.Active), Is.EqualTo(2), "within the year nothing is added");
        Assert.That(await RenewAfterAsync(customer, days: 370, CustomerState.Active), Is.EqualTo(3));
        Assert.That(await RenewAfterAsync(customer, days: 380, CustomerState.Active), Is.EqualTo(3), "a year is granted once");
        Assert.That(await RenewAfterAsync(customer, days: 740, CustomerState.Active), Is.EqualTo(3));
    }

    [TestCase(CustomerState.Locked), TestCase(CustomerState.Closed)]
    public async Task A_profile_that_is_not_active_gets_none(CustomerState state) =>
        Assert.That(await RenewAfterAsync(await ActivateAsync(), days: 370, state), Is.Zero);

    [Test]
    public async Task Years_that_passed_while_the_profile_was_not_active_are_not_made_up_for()
    {
        Guid customer = await ActivateAsync();
        await RenewAfterAsync(customer, days: 370, CustomerState.Locked);
        Assert.That(await RenewAfterAsync(customer, days: 800, CustomerState.Active), Is.EqualTo(3));
    }

    private async Task<int> RenewAfterAsync(Guid customer, int days, CustomerState state)
    {
        var clock = new TestClock();
        clock.Advance(TimeSpan.FromDays(days));
        using var renew = new RenewFreeUnits(Db.DataSource, new Directory(customer, state), new BillingOptions(), clock, Cluster.Logs.For<RenewFreeUnits>());
        await renew.RenewAsync(default);
        await using NpgsqlConnection connection = await Db.DataSource.OpenConnectionAsync();
        return (await Ledger.BalancesAsync(connection, null, customer, clock.GetUtcNow(), default)).Sum(b => b.Left ?? 0);
    }

    /// <summary>Knows one customer.</summary>
    private sealed class Directory(Guid known, CustomerState state) : CustomerDirectory.CustomerDirectoryClient
    {
        public override AsyncUnaryCall<Customer> GetCustomerAsync(
            GetCustomerRequest request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
            new(request.CustomerId == known.ToString("D")
                    ? Task.FromResult(new Customer { CustomerId = request.CustomerId, State = state })
                    : Task.FromException<Customer>(FaultException.NotFound("unknown_customer", "there is no such customer")),
                Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }
}

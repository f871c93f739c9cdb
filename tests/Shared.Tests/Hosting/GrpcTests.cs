using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Pechat.Contracts;
using Pechat.Contracts.Billing.V1;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

/// <summary>Callers, faults and deadlines between two services of the house.</summary>
public sealed class GrpcTests
{
    private TestCluster _cluster = null!;
    private TestService _server = null!;
    private TestService _front = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await TestCluster.CreateAsync();
        _server = await SampleService.StartAsync(_cluster, map: app => app.MapGrpcService<Ledger>());
        _cluster.SetPeer("sample", _server.Address);
        _front = await _cluster.StartAsync(async args =>
        {
            var builder = WebApplication.CreateBuilder(args);
            builder.AddDefaults("front");
            builder.Services.AllowSection("Tokens");
            builder.AddPeer<UnitLedger.UnitLedgerClient>("sample");
            var app = builder.Build();
            app.MapDefaults();
            await app.RunAsync();
        }, "front");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _cluster.Logs.ExpectError(144);
        _cluster.Logs.Verify();
        await _cluster.DisposeAsync();
    }

    private UnitLedger.UnitLedgerClient Client => _front.Services.GetRequiredService<UnitLedger.UnitLedgerClient>();

    [Test]
    public async Task A_listed_caller_is_let_in()
    {
        ReserveReply reply = await Client.ReserveAsync(new ReserveRequest { Units = 7 });
        Assert.That(reply.Remaining, Is.EqualTo(7));
    }

    [Test]
    public void A_caller_that_the_method_does_not_list_is_refused()
    {
        var gateway = new UnitLedger.UnitLedgerClient(_cluster.Channel(_server, "gateway"));
        var refused = Assert.ThrowsAsync<RpcException>(async () => await gateway.ReserveAsync(new ReserveRequest { Units = 7 }))!;
        Assert.That((refused.StatusCode, refused.Trailers.GetValue("pechat-code")), Is.EqualTo((StatusCode.PermissionDenied, "peer_refused")));
    }

    [Test]
    public void A_method_that_lists_nobody_is_refused_to_everybody() =>
        Assert.That(async () => await Client.ReleaseAsync(new ReleaseRequest()), Throws.InstanceOf<FaultException>().With.Property("Code").EqualTo("peer_refused"));

    [Test]
    public void Every_kind_of_fault_arrives_as_it_was_thrown([Values] FaultKind kind)
    {
        var fault = Assert.ThrowsAsync<FaultException>(async () => await Client.ReserveAsync(new ReserveRequest { ReservationId = kind.ToString() }))!;
        Assert.That((fault.Kind, fault.Code, fault.Message), Is.EqualTo((kind, "no_units", "няма единици")));
    }

    [Test]
    public void A_defect_arrives_as_internal_without_detail()
    {
        var defect = Assert.ThrowsAsync<RpcException>(async () => await Client.ReserveAsync(new ReserveRequest { ReservationId = "defect" }))!;
        Assert.That(defect.StatusCode, Is.EqualTo(StatusCode.Internal));
        Assert.That(defect.ToString(), Does.Not.Contain("inner secret"));
        Assert.That(_cluster.Logs.Lines.Count(l => l.Exception?.Message == "inner secret"), Is.EqualTo(1), "logged once");
    }

    [Test]
    public void A_call_that_is_late_is_unavailable() => Assert.That(
        async () => await Client.ReserveAsync(new ReserveRequest { ReservationId = "slow" }, deadline: DateTime.UtcNow.AddSeconds(1)),
        Throws.InstanceOf<FaultException>().With.Property("Kind").EqualTo(FaultKind.Unavailable));

    [Test]
    public async Task A_call_without_a_deadline_gets_one()
    {
        ReserveReply reply = await Client.ReserveAsync(new ReserveRequest { ReservationId = "deadline" });
        Assert.That(reply.Remaining, Is.InRange(8, 10), "seconds left at the server");
    }

    [Test]
    public async Task A_peer_that_is_not_there_is_unavailable()
    {
        _cluster.SetPeer("sample", $"https://127.0.0.1:{FreePort.Take()}");
        await using TestService lonely = await StartFrontAsync("sample");
        Assert.That(async () => await lonely.Services.GetRequiredService<UnitLedger.UnitLedgerClient>().ReserveAsync(new ReserveRequest()),
            Throws.InstanceOf<FaultException>().With.Property("Kind").EqualTo(FaultKind.Unavailable));
    }

    [Test]
    public async Task A_server_with_another_services_name_is_not_spoken_to()
    {
        _cluster.SetPeer("signing", _server.Address); // where in truth "sample" answers
        await using TestService misled = await StartFrontAsync("signing");
        Assert.That(async () => await misled.Services.GetRequiredService<UnitLedger.UnitLedgerClient>().ReserveAsync(new ReserveRequest { Units = 1 }),
            Throws.InstanceOf<FaultException>().With.Property("Kind").EqualTo(FaultKind.Unavailable));
    }

    private Task<TestService> StartFrontAsync(string peer) => _cluster.StartAsync(async args =>
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddDefaults("front");
        builder.Services.AllowSection("Tokens");
        builder.AddPeer<UnitLedger.UnitLedgerClient>(peer);
        var app = builder.Build();
        app.MapDefaults();
        await app.RunAsync();
    }, "front");

    internal sealed class Ledger : UnitLedger.UnitLedgerBase
    {
        [Callers("front")]
        public override async Task<ReserveReply> Reserve(ReserveRequest request, ServerCallContext context)
        {
            if (Enum.TryParse(request.ReservationId, out FaultKind kind))
                throw new FaultException(kind, "no_units", "няма единици");
            if (request.ReservationId == "defect")
                throw new InvalidOperationException("inner secret");
            if (request.ReservationId == "slow")
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            if (request.ReservationId == "deadline")
                return new ReserveReply { Remaining = (int)(context.Deadline - DateTime.UtcNow).TotalSeconds };
            return new ReserveReply { Remaining = request.Units };
        }

        public override Task<ReleaseReply> Release(ReleaseRequest request, ServerCallContext context) => Task.FromResult(new ReleaseReply());
    }
}

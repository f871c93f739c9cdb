using Grpc.Core;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.Tests.Profile;

/// <summary>The gRPC interface, over mutual TLS.</summary>
internal sealed class CustomerDirectoryTests : IdentityTestBase
{
    private string _egn = "";
    private Phone _phone = null!;

    [OneTimeSetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(_egn = IdentityFixture.NewEgn());

    [OneTimeTearDown]
    public void Free() => _phone.Dispose();

    private CustomerDirectory.CustomerDirectoryClient As(string caller) => new(Identity.Cluster.Channel(Identity.Service, caller));

    private static (StatusCode, string?) Status(Func<Task> call)
    {
        var refused = Assert.ThrowsAsync<RpcException>(call)!;
        return (refused.StatusCode, refused.Trailers.GetValue("pechat-code"));
    }

    [Test]
    public async Task A_customer_is_answered_with_the_names_that_certificates_carry()
    {
        Customer customer = await As("registration").GetCustomerAsync(new() { CustomerId = _phone.CustomerId.ToString() });
        Assert.That(customer.State, Is.EqualTo(CustomerState.Active));
        Assert.That(customer.Email, Is.EqualTo(_phone.Email));
        Assert.That((customer.Person.GivenName, customer.Person.Surname, customer.Person.GivenNameNative), Is.EqualTo(("Ivan", "Petrov", "Иван")));
        Assert.That(customer.Person.SerialNumber, Is.EqualTo("PNOBG-" + _egn));
        Assert.That((customer.Person.Method, customer.Person.VerificationId), Is.EqualTo(("simulated", _phone.VerificationId.ToString())));
    }

    [Test]
    public async Task Before_identity_is_verified_there_is_no_person()
    {
        using Phone phone = Identity.NewPhone();
        await phone.RegisterAsync();
        Customer customer = await As("billing").GetCustomerAsync(new() { CustomerId = phone.CustomerId.ToString() });
        Assert.That((customer.State, customer.Person), Is.EqualTo((CustomerState.ContactVerified, (VerifiedPerson?)null)));
    }

    [Test]
    public async Task A_devices_key_is_answered_with_its_owner_and_whether_it_is_active()
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        DeviceKey key = await As("registration").GetDeviceKeyAsync(new() { DeviceId = phone.DeviceId.ToString() });
        Assert.That((key.CustomerId, key.PublicKey, key.Active), Is.EqualTo((phone.CustomerId.ToString(), EcPublicKey.From(phone.Key).Json, true)));
        await Identity.DeleteAsync($"/identity/v1/devices/{phone.DeviceId}", phone.DeviceToken);
        Assert.That((await As("registration").GetDeviceKeyAsync(new() { DeviceId = phone.DeviceId.ToString() })).Active, Is.False);
    }

    [Test]
    public void Unknown_malformed_and_foreign_questions_are_refused()
    {
        var unknown = new GetCustomerRequest { CustomerId = Guid.NewGuid().ToString() };
        Assert.That(Status(async () => await As("registration").GetCustomerAsync(unknown)), Is.EqualTo((StatusCode.NotFound, "unknown_customer")));
        Assert.That(Status(async () => await As("registration").GetCustomerAsync(new() { CustomerId = "x" })), Is.EqualTo((StatusCode.InvalidArgument, "invalid_request")));
        Assert.That(Status(async () => await As("gateway").GetCustomerAsync(unknown)), Is.EqualTo((StatusCode.PermissionDenied, "peer_refused")));
        Assert.That(Status(async () => await As("signing").GetDeviceKeyAsync(new() { DeviceId = Guid.NewGuid().ToString() })), Is.EqualTo((StatusCode.PermissionDenied, "peer_refused")));
    }
}

using Dapper;
using Grpc.Core;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Contracts.Events.Identity;
using Pechat.Contracts.Events.Signing;
using Pechat.Contracts.Identity.V1;
using Pechat.Contracts.Notifications.V1;
using Pechat.Hosting;
using Pechat.Notifications.Sending;
using Pechat.Testing;

namespace Pechat.Notifications.Tests;

/// <summary>The service with a real database, broker and mail server; Identity is a double.</summary>
public sealed class NotificationsTests
{
    private TestDatabase _db = null!;
    private TestBroker _broker = null!;
    private TestCluster _cluster = null!;
    private TestService _service = null!;
    private SmtpCapture _smtp = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _smtp = new SmtpCapture();
        _db = await TestDatabase.CreateAsync("notifications", typeof(MailSender).Assembly);
        _broker = await TestBroker.CreateAsync();
        _cluster = await TestCluster.CreateAsync();
        TestService identity = await _cluster.StartAsync(async args =>
        {
            var builder = WebApplication.CreateBuilder(args);
            builder.AddDefaults("identity");
            var app = builder.Build();
            app.MapDefaults();
            app.MapGrpcService<Directory>();
            await app.RunAsync();
        }, "identity");
        _cluster.SetPeer("identity", identity.Address);
        _service = await _cluster.StartAsync(typeof(MailSender).Assembly, "notifications", new Dictionary<string, object>
        {
            ["Database"] = _db.Section, ["Messaging"] = _broker.Section,
            ["Notifications"] = new { SmtpPort = _smtp.Port, Interval = "00:00:00.100", RetryAfter = "00:00:00.100" },
        });
        await _service.UntilReadyAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _cluster.Logs.Verify();
        await _cluster.DisposeAsync();
        await _db.DisposeAsync();
        await _broker.DisposeAsync();
        await _smtp.DisposeAsync();
    }

    private CodeSender.CodeSenderClient Identity => new(_cluster.Channel(_service, "identity"));

    [Test]
    public async Task A_code_is_mailed_in_the_customers_language()
    {
        await Identity.SendCodeAsync(Code("maria@example.test", Channel.Email, "bg", "483920"));
        CapturedMail mail = MailTo("maria@example.test");
        Assert.That(mail.Subject, Is.EqualTo("Вашият код за потвърждение"));
        Assert.That(mail.Text, Does.Contain("Вашият код е 483920. Валиден е 15 минути."));
    }

    [Test]
    public async Task A_code_by_sms_goes_through_the_gateways_address()
    {
        await Identity.SendCodeAsync(Code("+359888123456", Channel.Sms, "pl", "112233"));
        Assert.That(MailTo("359888123456@sms.localhost").Text.Trim(), Is.EqualTo("Pechat: Twój kod to 112233, ważny 15 min."));
    }

    [Test]
    public async Task A_repeated_call_sends_one_message()
    {
        SendCodeRequest request = Code("once@example.test", Channel.Email, "en", "555555");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Identity.SendCodeAsync(request).ResponseAsync));
        Assert.That(_smtp.Mails.Count(m => m.Recipients.Contains("once@example.test")), Is.EqualTo(1));
    }

    [Test]
    public async Task A_mail_server_that_is_down_or_refuses_is_told_to_the_caller_who_may_try_again()
    {
        SendCodeRequest request = Code("later@example.test", Channel.Email, "en", "666777");
        await _smtp.StopAsync();
        try
        {
            Assert.That(await RefusalOf(request), Is.EqualTo((StatusCode.Unavailable, "delivery_failed")));
        }
        finally
        {
            _smtp.Start();
        }
        _smtp.Refuses = true;
        try
        {
            Assert.That(await RefusalOf(request), Is.EqualTo((StatusCode.Unavailable, "delivery_failed")));
        }
        finally
        {
            _smtp.Refuses = false;
        }
        await Identity.SendCodeAsync(request);
        Assert.That(MailTo("later@example.test").Text, Does.Contain("666777"));
    }

    [Test]
    public async Task Neither_code_nor_recipient_is_stored_or_logged()
    {
        await Identity.SendCodeAsync(Code("secret@example.test", Channel.Email, "en", "SECRETCODE99"));
        await using NpgsqlConnection owner = await _db.Owner.OpenConnectionAsync();
        string stored = string.Concat(await owner.QueryAsync<string>("select row_to_json(t)::text from code_delivery t union all select row_to_json(n)::text from notice n"));
        Assert.That(stored, Is.Not.Empty.And.Not.Contain("SECRETCODE99").And.Not.Contain("secret@example.test"));
        _cluster.Logs.VerifyNeverLogged("SECRETCODE99");
        _cluster.Logs.VerifyNeverLogged("secret@example.test");
    }

    [TestCase("a@b.test\r\nBcc: x@y.test", Channel.Email), TestCase("no address", Channel.Email), TestCase("0888123456", Channel.Sms), TestCase("+359888123456\n", Channel.Sms)]
    public async Task A_recipient_that_does_not_fit_the_channel_is_refused(string recipient, Channel channel) =>
        Assert.That(await RefusalOf(Code(recipient, channel, "en", "1")), Is.EqualTo((StatusCode.InvalidArgument, "invalid_recipient")));

    [Test]
    public async Task Only_services_that_confirm_contacts_may_send_codes()
    {
        var gateway = new CodeSender.CodeSenderClient(_cluster.Channel(_service, "gateway"));
        var refused = await Task.Run(() => Assert.ThrowsAsync<RpcException>(async () => await gateway.SendCodeAsync(Code("a@b.test", Channel.Email, "en", "1")))!);
        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
    }

    [Test, Requirement("S3-16")]
    public async Task The_holder_is_told_that_the_certificate_was_issued()
    {
        Guid customer = Guid.NewGuid();
        await PublishAsync(new CertificateIssued("0A1B", "personal-qualified", Guid.NewGuid(), customer, null, DateTimeOffset.UnixEpoch, new(2029, 1, 1, 10, 0, 0, TimeSpan.Zero)));
        CapturedMail mail = await NoticeToAsync(customer);
        Assert.That(mail.Subject, Is.EqualTo("Вашето удостоверение е издадено"));
        Assert.That(mail.Text, Does.Contain("0A1B").And.Contain("01.01.2029 12:00"));
    }

    [Test]
    public async Task The_signer_and_the_owner_of_a_device_are_told_once_also_when_the_event_comes_twice()
    {
        Guid customer = Guid.NewGuid();
        Guid id = Guid.NewGuid();
        var signed = new SignatureCreated(Guid.NewGuid(), customer, Guid.NewGuid(), "some-bank", 2, [], DateTimeOffset.UtcNow);
        await PublishAsync(signed, id);
        await PublishAsync(signed, id);
        Assert.That((await NoticeToAsync(customer)).Text, Does.Contain("some-bank"));
        Guid other = Guid.NewGuid();
        await PublishAsync(new DeviceBound(other, Guid.NewGuid(), "Телефон {code}", DateTimeOffset.UtcNow));
        Assert.That((await NoticeToAsync(other)).Text, Does.Contain("Телефон {code}"), "a value is not read as a placeholder");
        Assert.That(_smtp.Mails.Count(m => m.Recipients.Contains($"{customer}@example.test")), Is.EqualTo(1));
    }

    [Test]
    public async Task Notices_wait_for_a_mail_server_that_is_down_and_none_is_lost()
    {
        Guid[] customers = [.. Enumerable.Range(0, 5).Select(_ => Guid.NewGuid())];
        await _smtp.StopAsync();
        try
        {
            foreach (Guid customer in customers)
                await PublishAsync(new DeviceBound(customer, Guid.NewGuid(), "phone", DateTimeOffset.UtcNow));
            await Eventually.HoldsAsync(async () => await AttemptsAsync(customers) >= 5, "they are tried in vain");
        }
        finally
        {
            _smtp.Start();
        }
        foreach (Guid customer in customers)
            await NoticeToAsync(customer);
    }

    [Test]
    public void Every_text_exists_in_all_languages()
    {
        string[] keys = [.. TextTemplates.Load().Keys];
        string[] bulgarian = [.. keys.Where(k => k.StartsWith("bg/", StringComparison.Ordinal)).Select(k => k[3..])];
        string[] english = [.. keys.Where(k => k.StartsWith("en/", StringComparison.Ordinal)).Select(k => k[3..])];
        string[] polish = [.. keys.Where(k => k.StartsWith("pl/", StringComparison.Ordinal)).Select(k => k[3..])];
        Assert.That(bulgarian, Is.EquivalentTo(english));
        Assert.That(polish, Is.EquivalentTo(english));
        Assert.That(english, Has.Length.EqualTo(18));
    }

    [Test]
    public async Task The_notice_of_a_new_device_has_the_link_to_lock_the_profile()
    {
        Guid customer = Guid.NewGuid(), device = Guid.NewGuid();
        await PublishAsync(new DeviceBound(customer, device, "phone", DateTimeOffset.UtcNow));
        Assert.That((await NoticeToAsync(customer)).Text, Does.Contain($"https://pechat.test/identity/v1/not-me/{device}"));
        await using NpgsqlConnection owner = await _db.Owner.OpenConnectionAsync();
        Assert.That(await owner.QueryAsync<string>("select facts::text from notice where customer_id = @customer", new { customer }), Has.None.Contain("not-me"));
    }

    [Test]
    public async Task Everything_that_concerns_security_is_told()
    {
        DateTimeOffset at = new(2026, 1, 2, 10, 0, 0, TimeSpan.Zero);
        (Func<Guid, object> Event, string Subject)[] notices =
        [
            (c => new DeviceDetached(c, Guid.NewGuid(), "phone", at), "Отвързано е устройство"),
            (c => new DevicePinLocked(c, Guid.NewGuid(), "phone", at), "Заключено устройство"),
            (c => new PinChanged(c, Guid.NewGuid(), "phone", at), "Сменен ПИН код"),
            (c => new CustomerLocked(c, "customer", at), "Профилът ви е заключен"),
            (c => new CustomerUnlocked(c, at), "Профилът ви е отключен"),
            (c => new CustomerClosed(c, at), "Профилът ви е закрит"),
            (c => new VerificationDecided(c, Guid.NewGuid(), "positive", null, at), "Самоличността ви е потвърдена"),
            (c => new VerificationDecided(c, Guid.NewGuid(), "negative", "data_mismatch", at), "Самоличността ви не можа да бъде потвърдена"),
            (c => new VerificationDecided(c, Guid.NewGuid(), "suspended", "document_unreadable", at), "Необходимо е уточнение за идентификацията ви"),
        ];
        foreach (var (make, subject) in notices)
        {
            Guid customer = Guid.NewGuid();
            await PublishAsync(make(customer));
            CapturedMail mail = await NoticeToAsync(customer);
            Assert.That(mail.Subject, Is.EqualTo(subject));
            Assert.That(mail.Text, Does.Contain("02.01.2026 12:00"));
        }
    }

    [Test]
    public async Task Of_a_changed_address_the_old_and_the_new_one_are_told()
    {
        Guid change = Guid.NewGuid();
        await PublishAsync(new ContactChanged(Guid.NewGuid(), change, "email", DateTimeOffset.UtcNow));
        foreach (string side in new[] { "old", "new" })
            await Eventually.HoldsAsync(() => _smtp.Mails.Any(m => m.Recipients.Contains($"{side}-{change}@example.test")), $"the {side} one is told");
    }

    [Test]
    public async Task Of_a_changed_telephone_the_old_and_the_new_one_are_told_by_sms_and_the_customer_by_mail()
    {
        Guid customer = Guid.NewGuid();
        await PublishAsync(new ContactChanged(customer, Guid.Empty, "phone", DateTimeOffset.UtcNow));
        Assert.That((await NoticeToAsync(customer)).Subject, Is.EqualTo("Сменен контакт на профила ви"));
        foreach (string number in new[] { "359870000001", "359870000002" })
            await Eventually.HoldsAsync(() => _smtp.Mails.Any(m => m.Recipients.Contains($"{number}@sms.localhost")), $"{number} is told");
    }

    private static SendCodeRequest Code(string recipient, Channel channel, string language, string code) => new()
    {
        MessageId = Guid.NewGuid().ToString(), Channel = channel, Recipient = recipient, Language = language, Purpose = "contact-confirmation", Code = code, ValidMinutes = 15,
    };

    private async Task<(StatusCode, string?)> RefusalOf(SendCodeRequest request)
    {
        var refused = await Task.Run(() => Assert.ThrowsAsync<RpcException>(async () => await Identity.SendCodeAsync(request))!);
        return (refused.StatusCode, refused.Trailers.GetValue("pechat-code"));
    }

    private CapturedMail MailTo(string recipient) => _smtp.Mails.Single(m => m.Recipients.Contains(recipient));

    private async Task<CapturedMail> NoticeToAsync(Guid customer)
    {
        await Eventually.HoldsAsync(() => _smtp.Mails.Any(m => m.Recipients.Contains($"{customer}@example.test")), "the notice is mailed");
        return MailTo($"{customer}@example.test");
    }

    private async Task<int> AttemptsAsync(Guid[] customers)
    {
        await using NpgsqlConnection owner = await _db.Owner.OpenConnectionAsync();
        return await owner.ExecuteScalarAsync<int>("select coalesce(sum(attempts), 0) from notice where customer_id = any(@customers)", new { customers });
    }

    private Task PublishAsync(object message, Guid? id = null) => _service.Services.GetRequiredService<IBus>()
        .Publish(message, message.GetType(), Pipe.Execute<PublishContext>(context => context.MessageId = id ?? Guid.NewGuid()));

    internal sealed class Directory : CustomerDirectory.CustomerDirectoryBase
    {
        [Callers("notifications")]
        public override Task<NotMeLink> GetNotMeLink(GetNotMeLinkRequest request, ServerCallContext context) =>
            Task.FromResult(new NotMeLink { Url = $"https://pechat.test/identity/v1/not-me/{request.DeviceId}" });

        [Callers("notifications")]
        public override Task<ContactChange> GetContactChange(GetContactChangeRequest request, ServerCallContext context) =>
            Task.FromResult(request.ChangeId == Guid.Empty.ToString()
                ? new ContactChange { Channel = "phone", OldContact = "+359870000001", NewContact = "+359870000002" }
                : new ContactChange { Channel = "email", OldContact = $"old-{request.ChangeId}@example.test", NewContact = $"new-{request.ChangeId}@example.test" });

        [Callers("notifications")]
        public override Task<Customer> GetCustomer(GetCustomerRequest request, ServerCallContext context) => Task.FromResult(new Customer
        {
            CustomerId = request.CustomerId, State = CustomerState.Active, Language = "bg", Email = $"{request.CustomerId}@example.test",
        });
    }
}

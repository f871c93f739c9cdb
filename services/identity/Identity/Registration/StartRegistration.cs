using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Notifications.V1;
using Pechat.Persistence;

namespace Pechat.Identity.Registration;

/// <summary>
/// Starts a registration (SM-1 Draft): codes go to both contacts. The answer is the same whether or not a customer with these
/// contacts exists, so that nobody can ask who our customers are.
/// </summary>
internal static class StartRegistration
{
    internal static readonly string[] Languages = ["bg", "en", "pl"];

    internal sealed record Request(string? Email, string? Phone, string? Language);
    internal sealed record Response(Guid RegistrationId, DateTimeOffset ExpiresAt);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/registrations", Handle);

    internal static async Task<IResult> Handle(
        Request request, NpgsqlDataSource db, OneTimeCodes codes, ICodeSender sender, TimeProvider clock, CancellationToken ct)
    {
        EmailAddress email = EmailAddress.TryParse(request.Email)
            ?? throw FaultException.Invalid("invalid_email", "email must be an e-mail address");
        PhoneNumber phone = PhoneNumber.TryParse(request.Phone)
            ?? throw FaultException.Invalid("invalid_phone", "phone must be the number of a mobile telephone, e.g. +359888123456");
        string language = request.Language ?? "bg";
        if (!Languages.Contains(language, StringComparer.Ordinal))
            throw FaultException.Invalid("invalid_language", "language must be bg, en or pl");

        var id = Guid.NewGuid(); // unguessable: it is all that the confirmation is addressed by
        string emailCode = OneTimeCodes.New(), phoneCode = OneTimeCodes.New();
        DateTimeOffset now = clock.GetUtcNow(), expires = now + OneTimeCodes.Lifetime;
        var row = new
        {
            id,
            email = email.Typed,
            emailKey = email.Key,
            phone = phone.Value,
            language,
            emailCode = codes.Hash(Context(id, "email"), emailCode),
            phoneCode = codes.Hash(Context(id, "phone"), phoneCode),
            now,
            expires,
            window = now - OneTimeCodes.LockTime,
        };
        await db.InTransactionAsync(async tx =>
        {
            await ThrowIfExhaustedAsync(tx, row, email.Key, phone.Value, ct);
            return await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into registration (id, email, email_key, phone, language, email_code, phone_code, created_at, expires_at)
                values (@id, @email, @emailKey, @phone, @language, @emailCode, @phoneCode, @now, @expires)
                """, row, tx, cancellationToken: ct));
        }, ct);
        await Task.WhenAll(
            sender.SendAsync(Message(Channel.Email, email.Typed, language, emailCode), ct),
            sender.SendAsync(Message(Channel.Sms, phone.Value, language, phoneCode), ct));
        return Results.Created($"/identity/v1/registrations/{id}", new Response(id, expires));
    }

    /// <summary>What a code of a registration is bound to.</summary>
    internal static string Context(Guid registration, string channel) => $"{registration:D}\n{channel}";

    private static async Task ThrowIfExhaustedAsync(NpgsqlTransaction tx, object row, string emailKey, string phone, CancellationToken ct)
    {
        // One starter at a time for each contact, in one order for all: counts stay right and nobody waits in a circle.
        foreach (string contact in new[] { emailKey, phone }.Order(StringComparer.Ordinal))
            await tx.Connection!.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@contact, 1))", new { contact }, tx, cancellationToken: ct));
        var (byEmail, byPhone, locked) = await tx.Connection!.QuerySingleAsync<(long, long, bool)>(new CommandDefinition("""
            select count(*) filter (where email_key = @emailKey), count(*) filter (where phone = @phone), coalesce(bool_or(locked_until > @now), false)
            from registration
            where (email_key = @emailKey or phone = @phone) and created_at > @window - interval '5 minutes' and (created_at > @window or locked_until > @now)
            """, row, tx, cancellationToken: ct));
        if (locked)
            throw FaultException.Exhausted("locked", "too many wrong codes were entered; try again in 15 minutes");
        if (byEmail >= OneTimeCodes.MaxSends || byPhone >= OneTimeCodes.MaxSends)
            throw FaultException.Exhausted("too_many_codes", "three codes were sent; try again in 15 minutes");
    }

    private static SendCodeRequest Message(Channel channel, string recipient, string language, string code) => new()
    {
        MessageId = Guid.CreateVersion7().ToString(),
        Channel = channel,
        Recipient = recipient,
        Language = language,
        Purpose = "contact-confirmation",
        Code = code,
        ValidMinutes = (int)OneTimeCodes.Lifetime.TotalMinutes,
    };
}

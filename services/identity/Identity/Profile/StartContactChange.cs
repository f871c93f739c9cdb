using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Notifications.V1;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;
using Pechat.Identity.Registration;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>
/// Begins to change the e-mail address or the telephone: a code goes to the new one. Whether another profile has it is
/// told only to whoever has shown to hold it.
/// </summary>
internal static class StartContactChange
{
    internal sealed record Request(string? Email, string? Phone, string? Proof);
    internal sealed record Response(Guid ChangeId, DateTimeOffset ExpiresAt);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/me/contacts", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IResult> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, OneTimeCodes codes, ICodeSender sender, TimeProvider clock, CancellationToken ct)
    {
        if (request.Email is null == request.Phone is null)
            throw FaultException.Invalid("invalid_request", "either email or phone is needed");
        string channel = request.Email is not null ? "email" : "phone";
        (string value, string unique) = request.Email is not null
            ? EmailAddress.TryParse(request.Email) is { } email ? (email.Typed, email.Key) : throw FaultException.Invalid("invalid_email", "email must be an e-mail address")
            : PhoneNumber.TryParse(request.Phone) is { } phone ? (phone.Value, phone.Value)
            : throw FaultException.Invalid("invalid_phone", "phone must be the number of a mobile telephone, e.g. +359888123456");
        DateTimeOffset now = clock.GetUtcNow(), expires = now + OneTimeCodes.Lifetime;
        await DeviceAct.ProvenAsync(db, user, request.Proof, now, "change-contact", [("contact", request.Email ?? request.Phone!)], ct);

        var id = Guid.NewGuid();
        string code = OneTimeCodes.New();
        string language = await db.InTransactionAsync(tx => AddAsync(tx, new
        {
            id,
            customer = user.CustomerId(),
            channel,
            value,
            unique,
            code = codes.Hash(Context(id), code),
            now,
            expires,
            window = now - OneTimeCodes.LockTime,
        }, ct), ct);
        await sender.SendAsync(new SendCodeRequest
        {
            MessageId = Guid.CreateVersion7().ToString(),
            Channel = channel == "email" ? Channel.Email : Channel.Sms,
            Recipient = value,
            Language = language,
            Purpose = "contact-confirmation",
            Code = code,
            ValidMinutes = (int)OneTimeCodes.Lifetime.TotalMinutes,
        }, ct);
        return Results.Created($"/identity/v1/me/contacts/{id}", new Response(id, expires));
    }

    /// <summary>What the code of a change is bound to.</summary>
    internal static string Context(Guid change) => $"{change:D}\nchange";

    private static async Task<string> AddAsync(NpgsqlTransaction tx, object change, CancellationToken ct)
    {
        // The advisory lock is the one for the count by contact, the customer's row the one for the count by customer; in the order of the confirmation.
        await tx.Connection!.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@unique, 1))", change, tx, cancellationToken: ct));
        var (state, language) = await tx.Connection!.QuerySingleOrDefaultAsync<(string?, string?)>(new CommandDefinition(
            "select state, language from customer where id = @customer for update", change, tx, cancellationToken: ct));
        if (state != "Active")
            throw FaultException.Conflict("illegal_state", "the profile is not active");
        var (sent, locked) = await tx.Connection!.QuerySingleAsync<(long, bool)>(new CommandDefinition("""
            select (select count(*) from contact_change where (customer_id = @customer or new_key = @unique) and created_at > @window)
                 + (select count(*) from registration where (email_key = @unique or phone = @unique) and created_at > @window),
                   exists (select 1 from contact_change where customer_id = @customer and locked_until > @now)
            """, change, tx, cancellationToken: ct));
        if (locked)
            throw FaultException.Exhausted("locked", "too many wrong codes were entered; try again in 15 minutes");
        if (sent >= OneTimeCodes.MaxSends)
            throw FaultException.Exhausted("too_many_codes", "three codes were sent; try again in 15 minutes");
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into contact_change (id, customer_id, channel, old_value, new_value, new_key, code, created_at, expires_at)
            select @id, id, @channel, case @channel when 'email' then email else phone end, @value, @unique, @code, @now, @expires
            from customer where id = @customer
            """, change, tx, cancellationToken: ct));
        return language!;
    }
}

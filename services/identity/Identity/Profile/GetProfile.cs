using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;
using Pechat.Identity.People;

namespace Pechat.Identity.Profile;

/// <summary>The customer's own profile, for phone and portal.</summary>
internal static class GetProfile
{
    internal sealed record Response(
        Guid CustomerId, string State, string Language, string Email, string Phone, Person? Person, IReadOnlyList<Device> Devices,
        TermsState Terms);

    /// <summary>Which version of the general terms was accepted last, and which is in force.</summary>
    internal sealed record TermsState(string Current, string? Accepted, DateTimeOffset? AcceptedAt);

    /// <summary>Names as the document and as certificates write them; the personal number only masked. Identify again: the document has expired.</summary>
    internal sealed record Person(string GivenName, string Surname, string GivenNameLatin, string SurnameLatin, string NationalId, string NationalIdType, string Country,
        string Method, DateTimeOffset VerifiedAt, DateOnly? DocumentExpiresOn, bool IdentifyAgain);

    internal sealed record Device(Guid Id, string Name, string Platform, string State, DateTimeOffset BoundAt, bool ThisDevice);

    private sealed record PersonRow(
        string GivenName, string Surname, string GivenNameLatin, string SurnameLatin, string NationalId, string NationalIdType, string Country,
        string Method, DateTime VerifiedAt, DateOnly? DocumentExpiresOn);

    private sealed record CustomerRow(Guid Id, string State, string Language, string Email, string Phone);

    private sealed record DeviceRow(Guid Id, string Name, string Platform, string State, DateTime BoundAt);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/me", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<Response> Handle(ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await using SqlMapper.GridReader rows = await connection.QueryMultipleAsync(new CommandDefinition("""
            select id, state, language, email, phone from customer where id = @customer;
            select given_name, surname, given_name_latin, surname_latin, national_id, national_id_type, country, method, verified_at, document_expires_on
                from person where customer_id = @customer;
            select id, name, platform, state, bound_at from device where customer_id = @customer and bound_at is not null order by bound_at;
            select version, accepted_at from terms_acceptance where customer_id = @customer order by accepted_at desc limit 1;
            """, new { customer = user.CustomerId() }, cancellationToken: ct));
        CustomerRow customer = await rows.ReadSingleOrDefaultAsync<CustomerRow>()
            ?? throw FaultException.NotFound("unknown_customer", "there is no such profile");
        PersonRow? person = await rows.ReadSingleOrDefaultAsync<PersonRow>();
        var devices = (await rows.ReadAsync<DeviceRow>()).Select(d => new Device(d.Id, d.Name, d.Platform, d.State, d.BoundAt, d.Id == user.DeviceId()));
        var (accepted, acceptedAt) = await rows.ReadSingleOrDefaultAsync<(string?, DateTime?)>();
        return new(customer.Id, customer.State, customer.Language, customer.Email, customer.Phone, Show(person, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime)), [.. devices],
            new(Profile.Terms.CurrentVersion, accepted, acceptedAt));
    }

    private static Person? Show(PersonRow? row, DateOnly today) => row is null ? null : new(
        row.GivenName, row.Surname, row.GivenNameLatin, row.SurnameLatin,
        PersonalNumber.TryParse(Enum.Parse<PersonalNumberType>(row.NationalIdType), row.NationalId)!.Masked, row.NationalIdType, row.Country,
        row.Method, row.VerifiedAt, row.DocumentExpiresOn, row.DocumentExpiresOn < today);
}

using System.Security.Claims;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.People;
using Pechat.Persistence;

namespace Pechat.Identity.Verification;

/// <summary>Starts an identity verification (SM-3). What cannot be right is refused before anything is captured .</summary>
internal static partial class RequestVerification
{
    internal const int MaxAttemptsPerDay = 3;
    internal const int MaxAttemptsPerMonth = 5;
    internal const int MinAge = 18;

    internal sealed record Request(
        string? DocumentNumber, string? NationalId, string? Country, string? GivenName, string? Surname, string? GivenNameLatin, string? SurnameLatin,
        DateOnly? DateOfBirth, JsonElement DeviceKey, string? NationalIdType = null, DateOnly? DocumentExpiresOn = null);

    /// <param name="VerificationId">The attempt.</param>
    /// <param name="State"><c>pending</c>, <c>positive</c>, <c>negative</c>, <c>suspended</c>, <c>abandoned</c> or <c>failed</c>.</param>
    /// <param name="Reason">Category of R-104.</param>
    /// <param name="CaptureUrl">Where the provider captures document and face, while it does.</param>
    /// <param name="ClarifyUntil">By when a suspended case must be cleared up.</param>
    internal sealed record Response(Guid VerificationId, string State, string? Reason, string? CaptureUrl = null, DateTimeOffset? ClarifyUntil = null);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/verifications", Handle).RequireAccess(OAuth.Scopes.Enrolment, OAuth.Scopes.Device);

    internal static async Task<IResult> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, IIdentityVerifier verifier, TimeProvider clock, CancellationToken ct)
    {
        string document = request.DocumentNumber?.Trim().ToUpperInvariant() ?? "";
        if (!DocumentShape().IsMatch(document))
            throw FaultException.Invalid("invalid_document_number", "documentNumber must be 6 to 20 letters and digits");
        PersonalNumber number = Number(request.NationalIdType, request.Country ?? "", request.NationalId?.Trim() ?? "")
            ?? throw FaultException.Invalid("invalid_national_id", "nationalId must be a personal number (EGN, LNCh or PESEL) of country BG or PL");
        PersonName given = PersonName.TryParse(request.GivenName, request.GivenNameLatin)
            ?? throw FaultException.Invalid("invalid_name", "givenName must be a name of at most 64 letters");
        PersonName surname = PersonName.TryParse(request.Surname, request.SurnameLatin)
            ?? throw FaultException.Invalid("invalid_name", "surname must be a name of at most 64 letters");
        DateOnly born = request.DateOfBirth ?? throw FaultException.Invalid("invalid_date_of_birth", "dateOfBirth is needed");
        if (number.BirthDate is { } inside && inside != born)
            throw FaultException.Invalid("data_mismatch", "dateOfBirth differs from the date inside nationalId");
        EcPublicKey key = ReadKey(request.DeviceKey);
        // A bound phone has itself identified again; a new one comes with the enrolment token.
        if (user.DeviceId() is not null && (await ActiveDevice.OfAsync(db, user, ct)).Key.Thumbprint != key.Thumbprint)
            throw FaultException.Forbidden("invalid_key", "a bound phone names its own key");

        DateTimeOffset now = clock.GetUtcNow();
        DateOnly today = DateOnly.FromDateTime(now.UtcDateTime);
        var id = Guid.NewGuid();
        string? reason = born.AddYears(MinAge) > today ? Reasons.UnderAge : request.DocumentExpiresOn < today ? Reasons.DocumentExpired : null;
        string state = reason is null ? "Submitted" : "Negative";
        await db.InTransactionAsync(async tx =>
        {
            await ThrowIfTooManyAsync(tx, user.CustomerId(), now, ct);
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into verification (id, customer_id, provider, state, reason, document_number, national_id, national_id_type, country,
                    given_name, surname, given_name_latin, surname_latin, latin_review, date_of_birth, document_expires_on, device_key, device_jkt,
                    created_at, next_check_at, decided_at)
                values (@id, @customer, @provider, @state, @reason, @document, @nationalId, @nationalIdType, @country,
                    @given, @surname, @givenLatin, @surnameLatin, @review, @born, @expiresOn, @key, @jkt, @now, @now, @decided)
                """, new
            {
                id,
                customer = user.CustomerId(),
                provider = verifier.Name,
                state,
                reason,
                document,
                nationalId = number.Value,
                nationalIdType = number.Type.ToString(),
                country = request.Country,
                given = given.Native,
                surname = surname.Native,
                givenLatin = given.Latin,
                surnameLatin = surname.Latin,
                review = given.NeedsReview || surname.NeedsReview,
                born,
                expiresOn = request.DocumentExpiresOn,
                key = key.Json,
                jkt = key.Thumbprint,
                now,
                decided = reason is null ? (DateTimeOffset?)null : now,
            }, tx, cancellationToken: ct));
            await Evidence.AddAsync(tx, id, "submitted", HistoryLog.ActorOf(user), new
            {
                provider = verifier.Name, verifier.Method, document, request.DocumentExpiresOn, nationalId = number.Value, nationalIdType = number.Type.ToString(),
                request.Country, given = given.Native, surname = surname.Native, givenLatin = given.Latin, surnameLatin = surname.Latin, born, jkt = key.Thumbprint,
                refused = reason,
            }, now, ct);
            await HistoryLog.AddAsync(tx, user.CustomerId(), reason is null ? "identity.submitted" : "identity.negative", HistoryLog.ActorOf(user), new { verification = id, reason }, now, ct);
        }, ct);
        return Results.Accepted($"/identity/v1/verifications/{id}", new Response(id, GetVerification.Public(state), reason));
    }

    /// <summary>Reads a JWK of a request.</summary>
    internal static EcPublicKey ReadKey(JsonElement jwk)
    {
        try
        {
            return EcPublicKey.Parse(jwk);
        }
        catch (FormatException e)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_key", e.Message, e);
        }
    }

    private static PersonalNumber? Number(string? type, string country, string value) => type?.ToLowerInvariant() switch
    {
        null => PersonalNumber.Recognise(country, value),
        "egn" when country == "BG" => PersonalNumber.TryParse(PersonalNumberType.Egn, value),
        "lnch" when country == "BG" => PersonalNumber.TryParse(PersonalNumberType.Lnch, value),
        "pesel" when country == "PL" => PersonalNumber.TryParse(PersonalNumberType.Pesel, value),
        _ => null,
    };

    private static async Task ThrowIfTooManyAsync(NpgsqlTransaction tx, Guid customer, DateTimeOffset now, CancellationToken ct)
    {
        // The customer's row is the lock: two requests at once cannot both be the third.
        string? state = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from customer where id = @customer for update", new { customer }, tx, cancellationToken: ct));
        if (state is null or "Closed")
            throw FaultException.Conflict("illegal_state", "the profile is closed");
        var earlier = (await tx.Connection!.QueryAsync<(DateTime At, bool Open)>(new CommandDefinition("""
            select created_at, state in ('Started', 'Submitted') from verification
            where customer_id = @customer and created_at > @month and state <> 'Failed' order by created_at desc
            """, new { customer, month = now.AddDays(-30) }, tx, cancellationToken: ct))).AsList();
        if (earlier.Any(e => e.Open))
            throw FaultException.Conflict("verification_pending", "an earlier verification has not been decided yet");
        DateTime? next = earlier.Count >= MaxAttemptsPerMonth ? earlier[MaxAttemptsPerMonth - 1].At.AddDays(30)
            : earlier.Count >= MaxAttemptsPerDay && earlier[MaxAttemptsPerDay - 1].At > now.AddHours(-24) ? earlier[MaxAttemptsPerDay - 1].At.AddHours(24)
            : null;
        if (next is { } at)
            throw FaultException.Exhausted("too_many_attempts", $"too many attempts; the next is possible at {at:yyyy-MM-ddTHH:mm:ssZ}");
    }

    [GeneratedRegex("^[A-Z0-9]{6,20}$")]
    private static partial Regex DocumentShape();
}

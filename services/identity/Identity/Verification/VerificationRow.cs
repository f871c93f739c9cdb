using Dapper;
using Npgsql;
using Pechat.Hosting.Jose;
using Pechat.Identity.People;

namespace Pechat.Identity.Verification;

/// <summary>An attempt as the decisions need it.</summary>
internal sealed record VerificationRow(
    Guid Id, Guid CustomerId, string State, string DocumentNumber, DateOnly? DocumentExpiresOn, string NationalId, string NationalIdType, string Country,
    string GivenName, string Surname, string GivenNameLatin, string SurnameLatin, DateOnly DateOfBirth, string DeviceKey, DateTime CreatedAt,
    string? ProposedOutcome, Guid? ProposedBy)
{
    internal const string Columns = """
        id, customer_id, state, document_number, document_expires_on, national_id, national_id_type, country, given_name, surname,
        given_name_latin, surname_latin, date_of_birth, device_key, created_at, proposed_outcome, proposed_by
        """;

    /// <summary>The personal number, verified when it was submitted.</summary>
    internal PersonalNumber Number() => PersonalNumber.TryParse(Enum.Parse<PersonalNumberType>(NationalIdType), NationalId)!;

    /// <summary>The case as a provider sees it, with the customer's answers so far.</summary>
    internal async Task<VerificationCase> CaseAsync(NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var answers = await connection.QueryAsync<string>(new CommandDefinition(
            "select content->>'text' from verification_evidence where verification_id = @Id and kind = 'clarified' order by at, id", new { Id }, cancellationToken: ct));
        return new(Id, CustomerId, DocumentNumber, Number(), GivenName, Surname, DateOfBirth, EcPublicKey.Parse(DeviceKey), answers.AsList());
    }
}

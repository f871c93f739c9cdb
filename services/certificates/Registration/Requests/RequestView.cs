using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Registration.Agreements;

namespace Pechat.Registration.Requests;

/// <summary>A request as its applicant sees it.</summary>
internal sealed record RequestView(
    Guid RequestId, string State, string Algorithm, JsonElement Data, RequestView.AgreementPart Agreement, Guid? CredentialId, string? Serial, string? Failure, int Progress)
{
    internal sealed record AgreementPart(string Version, string Language, string Text, string Sha256);

    private sealed record Row(
        Guid Id, string State, string Algorithm, string Data, string Agreement, string AgreementLanguage, Guid? CredentialId, string? Serial, string? Failure);

    /// <summary>The request of this applicant; another's does not exist for the caller.</summary>
    /// <exception cref="FaultException"><c>unknown_request</c>.</exception>
    internal static async Task<RequestView> OfAsync(NpgsqlConnection connection, Guid id, Guid customer, CancellationToken ct)
    {
        Row row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select id, state, algorithm, data, agreement, agreement_language, credential_id, serial, failure
            from certificate_request where id = @id and customer_id = @customer
            """, new { id, customer }, cancellationToken: ct))
            ?? throw FaultException.NotFound("unknown_request", "there is no such request");
        Agreement agreement = Agreements.Agreement.Load(row.Agreement, row.AgreementLanguage);
        return new(row.Id, row.State, row.Algorithm, JsonElement.Parse(row.Data),
            new AgreementPart(agreement.Version, agreement.Language, agreement.Text, agreement.Sha256), row.CredentialId, row.Serial, row.Failure, ProgressOf(row));
    }

    // Per cent, for people who wait.
    private static int ProgressOf(Row row) => row switch
    {
        { State: "Issued" or "Ended" } => 100,
        { State: "Issuing", CredentialId: not null } => 70,
        { State: "Issuing" } => 40,
        { State: "AgreementSigned" } => 20,
        _ => 0,
    };
}

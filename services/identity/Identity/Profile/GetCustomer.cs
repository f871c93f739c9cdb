using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Enum = System.Enum;

namespace Pechat.Identity.Profile;

internal sealed partial class CustomerDirectoryService
{
    private sealed record CustomerRow(
        Guid Id, string State, string Language, string Email, string Phone,
        string? GivenName, string? Surname, string? GivenNameLatin, string? SurnameLatin, string? SerialNumber, string? Country, string? DocumentNumber,
        DateTime? VerifiedAt, Guid? VerificationId, string? Method);

    /// <summary>One customer by id.</summary>
    [Callers("registration", "signing", "billing", "documents", "notifications")]
    public override async Task<Customer> GetCustomer(GetCustomerRequest request, ServerCallContext context)
    {
        Guid id = ReadId(request.CustomerId, "customer_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(context.CancellationToken);
        CustomerRow row = await connection.QuerySingleOrDefaultAsync<CustomerRow>(new CommandDefinition("""
            select c.id, c.state, c.language, c.email, c.phone, p.given_name, p.surname, p.given_name_latin, p.surname_latin,
                   p.serial_number, p.country, p.document_number, p.verified_at, p.verification_id, p.method
            from customer c left join person p on p.customer_id = c.id
            where c.id = @id
            """, new { id }, cancellationToken: context.CancellationToken))
            ?? throw FaultException.NotFound("unknown_customer", "there is no such customer");
        return new()
        {
            CustomerId = row.Id.ToString(),
            State = Enum.Parse<CustomerState>(row.State),
            Language = row.Language,
            Email = row.Email,
            Phone = row.Phone,
            Person = row.SerialNumber is null ? null : new VerifiedPerson
            {
                GivenName = row.GivenNameLatin,
                Surname = row.SurnameLatin,
                GivenNameNative = row.GivenName,
                SurnameNative = row.Surname,
                SerialNumber = row.SerialNumber,
                Country = row.Country,
                DocumentNumber = row.DocumentNumber,
                VerifiedAt = Timestamp.FromDateTime(row.VerifiedAt!.Value),
                VerificationId = row.VerificationId!.Value.ToString(),
                Method = row.Method,
            },
        };
    }
}

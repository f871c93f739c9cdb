using System.Security.Cryptography;
using System.Text;
using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

internal sealed partial class CustomerDirectoryService
{
    /// <summary>Steps before and after the present one whose code is accepted (domain 5.8).</summary>
    internal const int AcceptedSteps = 1;

    /// <summary>Steps back in which a code is recognised as expired: the asker had it from the app, only too late.</summary>
    internal const int RecognisedSteps = 20;

    /// <summary>Wrong codes that lock the identifier, and for how long (domain 5.8).</summary>
    internal const int MaxWrongCodes = 5;
    internal static readonly TimeSpan CodeLock = TimeSpan.FromMinutes(15);

    /// <summary>The customer whose identifier and changing code were typed at a relying party; the code is used up.</summary>
    [Callers("signing")]
    public override async Task<FoundCustomer> FindByProfileCode(FindByProfileCodeRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        DateTimeOffset now = clock.GetUtcNow();
        // A wrong code must be counted, so the refusal is thrown after the transaction, which a throw would undo.
        (Guid customer, FaultException? refusal) = await db.InTransactionAsync(async tx =>
        {
            Guid id = await tx.Connection!.QuerySingleOrDefaultAsync<Guid>(new CommandDefinition(
                "select id from customer where profile_number = @ProfileId and state = 'Active' for update", new { request.ProfileId }, tx, cancellationToken: ct));
            return (id, id == Guid.Empty ? WrongCode() : await JudgeAsync(tx, id, request.Code, now, ct));
        }, ct);
        return refusal is null ? new() { CustomerId = customer.ToString() } : throw refusal;
    }

    private static FaultException WrongCode() => FaultException.Unauthenticated("wrong_code", "identifier or code is wrong"); // unknown or wrong: the same

    private async Task<FaultException?> JudgeAsync(NpgsqlTransaction tx, Guid customer, string code, DateTimeOffset now, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        DateTime? locked = await connection.QuerySingleOrDefaultAsync<DateTime?>(new CommandDefinition(
            "select locked_until from profile_code_failure where customer_id = @customer and locked_until > @now", new { customer, now }, tx, cancellationToken: ct));
        if (locked is not null)
            return FaultException.Exhausted("locked", "too many wrong codes; try again in 15 minutes");
        long present = ProfileCodes.StepOf(now);
        long? step = null;
        for (long each = present - RecognisedSteps; each <= present + AcceptedSteps; each++) // all are compared, whichever fits
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(codes.CodeOf(customer, each)), Encoding.ASCII.GetBytes(code)))
                step = each;
        }
        if (step is null)
        {
            // The count begins anew after a lock, and with every right code.
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into profile_code_failure (customer_id, wrong) values (@customer, 1)
                on conflict (customer_id) do update set
                    wrong = case when profile_code_failure.locked_until is null then profile_code_failure.wrong + 1 else 1 end,
                    locked_until = case when profile_code_failure.locked_until is null and profile_code_failure.wrong + 1 >= @MaxWrongCodes then @until::timestamptz end
                """, new { customer, MaxWrongCodes, until = now + CodeLock }, tx, cancellationToken: ct));
            return WrongCode();
        }
        if (step < present - AcceptedSteps)
            return FaultException.Conflict("otp_expired", "the code has expired; read the new one");
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from profile_code_use where customer_id = @customer and step < @oldest", new { customer, oldest = present - RecognisedSteps }, tx, cancellationToken: ct));
        int used = await connection.ExecuteAsync(new CommandDefinition(
            "insert into profile_code_use (customer_id, step) values (@customer, @step) on conflict do nothing", new { customer, step }, tx, cancellationToken: ct));
        if (used == 0)
            return FaultException.Conflict("otp_used", "the code was used before; read the new one");
        await connection.ExecuteAsync(new CommandDefinition("delete from profile_code_failure where customer_id = @customer", new { customer }, tx, cancellationToken: ct));
        return null;
    }
}

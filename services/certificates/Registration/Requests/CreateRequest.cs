using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Registration.Agreements;
using Pechat.Registration.Peers;

namespace Pechat.Registration.Requests;

/// <summary>A customer asks for a cloud certificate: the verified data and the agreement come back to be confirmed. Asking again answers the open request.</summary>
internal static class CreateRequest
{
    internal const string Product = "cloud-personal";

    /// <summary>How long a positive identification supports an issue (SM-3).</summary>
    internal static readonly TimeSpan VerificationLifetime = TimeSpan.FromDays(30);

    internal sealed record Request(string? Product, string? Algorithm, string? Language, string? Publication = null);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/requests", Handle);

    internal static async Task<Created<RequestView>> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, ICustomers customers, TimeProvider clock, CancellationToken ct)
    {
        if (request.Product != Product)
            throw FaultException.Invalid("unknown_product", $"product must be {Product}");
        string algorithm = request.Algorithm ?? "P-256";
        if (!ModuleKeys.Algorithms.ContainsKey(algorithm))
            throw FaultException.Invalid("unknown_algorithm", $"algorithm must be one of {string.Join(", ", ModuleKeys.Algorithms.Keys)}");
        string? publication = request.Publication switch
        {
            null or "listed" => null,
            "certificate" or "status" => request.Publication,
            _ => throw FaultException.Invalid("unknown_publication", "publication must be listed, certificate or status"),
        };
        Customer customer = await customers.GetAsync(user.CustomerId(), ct);
        ThrowUnlessIssuable(customer, clock.GetUtcNow());
        string data = CertificateData.Of(customer, publication).Write();
        Agreement agreement = Agreement.For(request.Language ?? customer.Language);
        DateTimeOffset now = clock.GetUtcNow();
        Guid id = await db.InTransactionAsync(async tx =>
        {
            Guid? made = await InsertAsync(tx, user.CustomerId(), algorithm, data, agreement, now, ct);
            if (made is { } fresh)
                await Transition.RecordAsync(tx, fresh, "DataConfirmationPending", null, now, ct);
            return made ?? await RenewAsync(tx, user.CustomerId(), algorithm, data, agreement, now, ct);
        }, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return TypedResults.Created($"/registration/v1/requests/{id}", await RequestView.OfAsync(connection, id, user.CustomerId(), ct));
    }

    /// <exception cref="FaultException">The profile is not active, or the identification is older than SM-3 allows.</exception>
    internal static void ThrowUnlessIssuable(Customer customer, DateTimeOffset now)
    {
        if (customer.State != CustomerState.Active || customer.Person is null)
            throw FaultException.Conflict("profile_not_active", "a certificate needs an active profile with a verified identity");
        if (customer.Person.VerifiedAt.ToDateTimeOffset() + VerificationLifetime < now)
            throw FaultException.Conflict("identity_too_old", "the identity was verified more than 30 days ago; verify it again");
    }

    private static async Task<Guid?> InsertAsync(
        NpgsqlTransaction tx, Guid customer, string algorithm, string data, Agreement agreement, DateTimeOffset now, CancellationToken ct) =>
        await tx.Connection!.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition("""
            insert into certificate_request
                (id, customer_id, product, algorithm, state, data, agreement, agreement_language, agreement_sha256, next_attempt_at, created_at, changed_at)
            values (@id, @customer, @product, @algorithm, 'DataConfirmationPending', @data, @version, @language, @sha256, @now, @now, @now)
            on conflict (customer_id, product) where state not in ('Rejected', 'Ended') do nothing
            returning id
            """,
            new { id = Guid.CreateVersion7(), customer, product = Product, algorithm, data, version = agreement.Version, language = agreement.Language, sha256 = agreement.Sha256, now },
            tx, cancellationToken: ct));

    /// <summary>Brings an open request that nobody has confirmed yet up to date: what will be shown is what holds now.</summary>
    private static async Task<Guid> RenewAsync(
        NpgsqlTransaction tx, Guid customer, string algorithm, string data, Agreement agreement, DateTimeOffset now, CancellationToken ct)
    {
        var (id, state) = await tx.Connection!.QuerySingleAsync<(Guid, string)>(new CommandDefinition(
            "select id, state from certificate_request where customer_id = @customer and product = @product and state not in ('Rejected', 'Ended') for update",
            new { customer, product = Product }, tx, cancellationToken: ct));
        // R-108: a person has one active personal cloud certificate.
        if (state == "Issued")
            throw FaultException.Conflict("certificate_exists", "you have an active certificate; renew it instead of asking for a second one");
        if (state == "DataConfirmationPending")
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                update certificate_request
                set algorithm = @algorithm, data = @data, agreement = @version, agreement_language = @language, agreement_sha256 = @sha256, changed_at = @now
                where id = @id
                """,
                new { id, algorithm, data, version = agreement.Version, language = agreement.Language, sha256 = agreement.Sha256, now }, tx, cancellationToken: ct));
        }
        return id;
    }
}

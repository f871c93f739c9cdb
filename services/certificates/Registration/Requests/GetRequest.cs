using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Hosting;

namespace Pechat.Registration.Requests;

/// <summary>How far a request of the caller is.</summary>
internal static class GetRequest
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/requests/{id:guid}", Handle);

    internal static async Task<Ok<RequestView>> Handle(Guid id, ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return TypedResults.Ok(await RequestView.OfAsync(connection, id, user.CustomerId(), ct));
    }
}

using System.Security.Cryptography;
using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Identity.Registration;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

internal sealed partial class SessionsService
{
    /// <summary>How long the phone may take.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(2); // of the caller's deadline, to say that nobody answered

    /// <summary>
    /// Asks the phone and waits. Whether anybody is known by the user name cannot be told from the outside: nobody's login waits as long as
    /// that of somebody who does not answer.
    /// </summary>
    [Callers("signing")]
    public override async Task<SessionTokens> Login(LoginRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        ClientOptions client = clients.Find(options.DirectLoginClient) ?? throw FaultException.Forbidden("access_denied", "logins without a browser are switched off");
        if (request.RefreshToken.Length > 0)
            return await RefreshAsync(client, request, ct);
        string? email = EmailAddress.TryParse(request.UserName.Trim())?.Key, phone = PhoneNumber.TryParse(request.UserName.Trim())?.Value;
        if (email is null && phone is null)
            throw Failed();

        DateTimeOffset now = clock.GetUtcNow();
        TimeSpan wait = context.Deadline == DateTime.MaxValue ? MaxWait : context.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime - Reserve;
        var login = new NewLogin(Guid.NewGuid(), RandomNumberGenerator.GetBytes(32), Authorize.Identifier(keys, email ?? phone!), email, phone,
            client.Id, Scopes.Service, request.Place, Visitor.Browser(request.UserAgent), now, now + (wait < MaxWait ? wait : MaxWait));
        if (!await db.InTransactionAsync(tx => login.TryAddAsync(tx, ct), ct))
            throw FaultException.Exhausted("too_many_requests", "Too many logins; try again later");
        try
        {
            string state;
            while ((state = await StateAsync(login.Id, ct)) == "Pending" && clock.GetUtcNow() < login.Expires)
                await Task.Delay(Interval, clock, ct);
            return state == "Confirmed" ? await BeginAsync(client, login.Id, request.RememberMe, ct) : throw Failed();
        }
        finally
        {
            await CancelAsync(login.Id); // whoever asked is gone, or has the answer
        }
    }

    private async Task<SessionTokens> RefreshAsync(ClientOptions client, LoginRequest request, CancellationToken ct)
    {
        try
        {
            // Clients of the CSC API use a refresh token again and again unless they ask for a new one.
            Token.Response response = await refreshes.IssueAsync(client, request.RefreshToken, scope: null, renew: request.RememberMe, ct);
            return new() { AccessToken = response.AccessToken, ExpiresIn = response.ExpiresIn, RefreshToken = response.RefreshToken ?? "" };
        }
        catch (FaultException fault) when (fault.Code == "invalid_grant")
        {
            throw FaultException.Invalid("invalid_request", "Invalid refresh_token");
        }
    }

    private async Task<SessionTokens> BeginAsync(ClientOptions client, Guid login, bool rememberMe, CancellationToken ct)
    {
        (Guid? customer, string? refresh) = await db.InTransactionAsync<(Guid?, string?)>(async tx =>
        {
            Guid? confirmed = await tx.Connection!.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
                "update login set state = 'Completed' where id = @login and state = 'Confirmed' returning customer_id", new { login }, tx, cancellationToken: ct));
            return confirmed is null ? (null, null)
                : (confirmed, await sessions.BeginAsync(tx, login, Scopes.Service, options.AccessTokenLifetime, rememberMe, ct));
        }, ct);
        string subject = (customer ?? throw Failed()).ToString();
        return new()
        {
            AccessToken = issuer.Issue(subject, client.Id, Scopes.Service, options.AccessTokenLifetime, session: login),
            ExpiresIn = (int)options.AccessTokenLifetime.TotalSeconds,
            RefreshToken = refresh ?? "",
        };
    }

    private static FaultException Failed() => FaultException.Invalid("authentication_error", "An error occurred during authentication process");

    private async Task<string> StateAsync(Guid login, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleAsync<string>(new CommandDefinition("select state from login where id = @login", new { login }, cancellationToken: ct));
    }

    private async Task CancelAsync(Guid login)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            "update login set state = 'Cancelled', decided_at = coalesce(decided_at, @now) where id = @login and state in ('Pending', 'Confirmed')", new { login, now = clock.GetUtcNow() });
    }
}

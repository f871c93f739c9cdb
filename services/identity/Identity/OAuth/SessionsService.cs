using Npgsql;
using Pechat.Contracts.Identity.V1;

namespace Pechat.Identity.OAuth;

/// <summary>gRPC <c>Sessions</c>: what CSC API <c>auth/login</c> and <c>auth/revoke</c> need of Identity.</summary>
internal sealed partial class SessionsService(
    NpgsqlDataSource db, OAuthClients clients, ClientSessions sessions, RefreshTokenGrant refreshes, AccessTokenIssuer issuer, TokenLookup tokens, SigningKeys keys,
    IdentityOptions options, TimeProvider clock) : Sessions.SessionsBase;

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

/// <summary>A small service that shows each behaviour of the library.</summary>
internal static class SampleService
{
    internal const int DefectEvent = 123;

    internal sealed record Order(string Name, int? Count);

    internal static Task<TestService> StartAsync(
        TestCluster cluster, IReadOnlyDictionary<string, object>? sections = null, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? map = null) =>
        cluster.StartAsync(async args =>
        {
            var builder = WebApplication.CreateBuilder(args);
            builder.AddDefaults("sample");
            builder.AddAccessTokens();
            build?.Invoke(builder);
            var app = builder.Build();
            app.MapDefaults();
            Map(app);
            map?.Invoke(app);
            await app.RunAsync();
        }, "sample", sections);

    private static void Map(WebApplication app)
    {
        app.MapGet("/open", () => Results.Json(new { ok = true })).AllowPeers();
        app.MapGet("/for-registration", () => "ok").AllowPeers("registration");
        app.MapGet("/who", (HttpContext context) => context.Peer());
        app.MapPost("/orders", (Order order) => order);
        app.MapGet("/fault/{kind}", string (FaultKind kind) => throw new FaultException(kind, "some_code", "a sentence for the caller"));
        app.MapGet("/defect", string () => throw new InvalidOperationException("inner secret"));
        var csc = app.MapGroup("/csc/v2").WithCscErrors();
        csc.MapPost("/orders", (Order order) => order);
        csc.MapGet("/fault/{kind}", string (FaultKind kind) => throw new FaultException(kind, "some_code", "a sentence for the caller"));
        csc.MapGet("/me", (ClaimsPrincipal user) => user.CustomerId()).RequireAccess("service");
        app.MapGroup("/oauth2").WithOAuthErrors()
            .MapGet("/fault/{kind}", string (FaultKind kind) => throw new FaultException(kind, "some_code", "a sentence for the caller"));
        app.MapGet("/me", (ClaimsPrincipal user) => new { customer = user.CustomerId(), client = user.ClientId(), device = user.DeviceId() })
            .RequireAccess("device", "portal");
    }
}

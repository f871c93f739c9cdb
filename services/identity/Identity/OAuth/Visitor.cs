namespace Pechat.Identity.OAuth;

/// <summary>What the customer is shown of the browser that asks for a login.</summary>
internal static class Visitor
{
    private static readonly (string Token, string Name)[] Browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Token, string Name)[] Systems =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")];

    /// <summary>The network address as the gateway saw it; only the gateway reaches us, and it overwrites what strangers send.</summary>
    internal static string Place(HttpContext context)
    {
        string forwarded = context.Request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim();
        return System.Net.IPAddress.TryParse(forwarded, out var address) ? address.ToString() : context.Connection.RemoteIpAddress?.ToString() ?? "?";
    }

    /// <summary>A known name, never the visitor's own text.</summary>
    internal static string Browser(string agent)
    {
        string Known((string Token, string Name)[] list) => list.FirstOrDefault(b => agent.Contains(b.Token, StringComparison.Ordinal)).Name ?? "?";
        return $"{Known(Browsers)}, {Known(Systems)}";
    }
}

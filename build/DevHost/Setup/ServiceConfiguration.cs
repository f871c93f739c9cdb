using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pechat.DevHost.Servers;

namespace Pechat.DevHost.Setup;

/// <summary>
/// Writes <c>.run/config/NAME.json</c>: the sections that every service has, then the service's own from <c>Setup/Services/NAME.json</c>,
/// in which <c>${…}</c> stands for what is known only here.
/// </summary>
internal static partial class ServiceConfiguration
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(Layout layout, Service service)
    {
        string certificate = DevelopmentCertificates.Certificate(layout, service);
        var root = new JsonObject
        {
            ["Hosting"] = new JsonObject
            {
                ["Address"] = "127.0.0.1",
                ["Port"] = service.Port(layout),
                ["HealthPort"] = service.HealthPort(layout),
                ["CertificateFile"] = certificate,
                ["KeyFile"] = DevelopmentCertificates.KeyOf(certificate),
                ["AuthorityFile"] = DevelopmentCertificates.InternalCa(layout),
                ["PublicBase"] = Text(layout.PublicBase),
            },
            ["Peers"] = new JsonObject(service.Peers.Select(peer => KeyValuePair.Create(peer, (JsonNode?)$"https://127.0.0.1:{Service.Named(peer).Port(layout)}"))),
            ["Tokens"] = new JsonObject { ["Issuer"] = Text(layout.PublicBase), ["Audience"] = "pechat" },
        };
        if (service.HasDatabase)
        {
            root["Database"] = new JsonObject
            {
                ["Host"] = "127.0.0.1",
                ["Port"] = layout.PostgresPort,
                ["Name"] = service.Database,
                ["User"] = service.Database,
                ["PasswordFile"] = SecretFile(layout, Databases.Secret(service)),
                ["MigrationUser"] = $"{service.Database}_owner",
                ["MigrationPasswordFile"] = SecretFile(layout, Databases.OwnerSecret(service)),
            };
        }
        if (service.HasMessaging)
        {
            root["Messaging"] = new JsonObject
            {
                ["Host"] = "127.0.0.1",
                ["Port"] = layout.RabbitPort,
                ["VirtualHost"] = "/",
                ["User"] = service.Name,
                ["PasswordFile"] = SecretFile(layout, $"{service.Name}-rabbitmq"),
            };
        }
        if (service.Token is not null)
        {
            root["Hsm"] = new JsonObject
            {
                ["Library"] = Tokens.Library,
                ["TokenLabel"] = service.Token,
                ["PinFile"] = SecretFile(layout, Tokens.PinSecret(service)),
            };
        }
        foreach ((string section, JsonNode? value) in Own(layout, service))
        {
            if (root[section] is JsonObject common && value is JsonObject more)
            {
                foreach ((string key, JsonNode? node) in more)
                    common[key] = node?.DeepClone();
            }
            else
            {
                root[section] = value?.DeepClone();
            }
        }
        File.WriteAllText(service.ConfigurationFile(layout), root.ToJsonString(Indented));
    }

    private static JsonObject Own(Layout layout, Service service)
    {
        using Stream? data = typeof(ServiceConfiguration).Assembly.GetManifestResourceStream($"{service.Name}.json");
        if (data is null)
            return [];
        using var reader = new StreamReader(data);
        string text = Placeholder().Replace(reader.ReadToEnd(), match => Resolve(layout, match.Groups[1].Value));
        return JsonNode.Parse(text, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip })!.AsObject();
    }

    private static string Resolve(Layout layout, string placeholder) => placeholder.Split(':') switch
    {
        ["run"] => layout.Run,
        ["root"] => layout.Root,
        ["public"] => Text(layout.PublicBase),
        ["authenticator"] => Text(layout.AuthenticatorBase),
        ["plain"] => Text(layout.PlainBase),
        ["certificates"] => layout.Certificates,
        ["port", "smtp"] => $"{layout.SmtpPort}",
        ["port", "public"] => $"{layout.PublicPort}",
        ["port", "authenticator"] => $"{layout.AuthenticatorPort}",
        ["port", "plain"] => $"{layout.PlainPort}",
        ["port", var service] => $"{Service.Named(service).Port(layout)}",
        ["secret-file", var name] => SecretFile(layout, name),
        ["secret-hash", var name] => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Secret.Get(layout, name)))),
        ["key-file", var name] => SigningKey.File(layout, name),
        ["public-key-file", var name] => SigningKey.PublicFile(layout, name),
        _ => throw new DevHostException($"the placeholder {placeholder} is unknown", "correct the template in build/DevHost/Setup/Services"),
    };

    /// <summary>The path of a secret that is made here and now.</summary>
    private static string SecretFile(Layout layout, string name)
    {
        Secret.Get(layout, name);
        return Secret.File(layout, name);
    }

    private static string Text(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Placeholder();
}

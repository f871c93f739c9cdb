using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Pechat.Signing.Csc;

/// <summary>
/// <c>/csc/v2/openapi.json</c>, an OpenAPI 3.1 document. Requests are read by hand, with the tolerance of §4.7, so their members stand in the table
/// below; answers are described by the types that write them.
/// </summary>
internal static class DescribeApi
{
    private sealed record Member(string Name, JsonObject Schema, bool Required = false);

    private sealed record Method(string Name, string Summary, string[] Scopes, Member[] Members, int Status = 200, JsonTypeInfo? Answer = null);

    private static readonly string[] Service = ["service"], Signing = ["service", "credential"];

    private static readonly Member ClientData = Text("clientData"), Lang = Text("lang"), CredentialId = Text("credentialID") with { Required = true },
        Hashes = new("hashes", ArrayOf(Base64())), HashOid = Text("hashAlgorithmOID"), SignAlgo = Text("signAlgo"), SignAlgoParams = Text("signAlgoParams");

    private static readonly Member[]
        View = [OneOf("certificates", "none", "single", "chain"), Flag("certInfo"), Flag("authInfo")],
        Asynchronous = [OneOf("operationMode", "S", "A"), Whole("validity_period"), new("response_uri", new JsonObject { ["type"] = "string", ["format"] = "uri" })],
        V1Names = [new("hash", ArrayOf(Base64())), Text("hashAlgo")],
        Item =
        [
            OneOf("signature_format", SignatureFormats.Letters) with { Required = true }, Text("conformance_level"), OneOf("signed_envelope_property", [.. SignatureFormats.Envelopes.SelectMany(each => each).Distinct()]),
            SignAlgo with { Required = true }, SignAlgoParams, Text("label"), Text("name"),
            new("signed_props", ArrayOf(Object([Text("attribute_name") with { Required = true }, Text("attribute_value")]))),
        ];

    private static readonly Method[] Methods =
    [
        new("info", "What this server offers", [], [Lang, ClientData], Answer: CscJson.Default.Info),
        new("auth/login", "A login that the phone decides", [], [Flag("rememberMe"), Text("refresh_token"), Lang, ClientData], Answer: CscJson.Default.Login),
        new("auth/revoke", "Ends a token", Service, [Text("token") with { Required = true }, OneOf("token_type_hint", "access_token", "refresh_token"), Lang, ClientData], 204),
        new("credentials/list", "The caller's credentials", Service,
            [Text("userID"), Flag("credentialInfo"), Flag("onlyValid"), Whole("maxResults"), Text("pageToken"), .. View, Lang, ClientData], Answer: CscJson.Default.CredentialList),
        new("credentials/info", "One credential", Signing, [CredentialId, .. View, Lang, ClientData], Answer: CscJson.Default.Credential),
        new("credentials/authorize", "Asks the signer's phone", Service,
            [
                CredentialId, Whole("numSignatures") with { Required = true }, Hashes, HashOid, .. V1Names, OneOf("hashType", "DTBSR", "SDR"), Text("description"),
                new("authData", ArrayOf(Object([Text("id") with { Required = true }, Text("value")]))), Text("PIN"), Text("OTP"), Lang, ClientData,
            ], 202, CscJson.Default.Handle),
        new("credentials/authorizeCheck", "What the signer decided", Service, [Text("handle") with { Required = true }, Lang, ClientData], Answer: CscJson.Default.Authorization),
        new("credentials/getChallenge", "Refused: no credential has a challenge to send", Service, [CredentialId, Text("authObjectID") with { Required = true }, Lang, ClientData]),
        new("credentials/sendOTP", "Refused: no credential has an online OTP", Service, [CredentialId, Lang, ClientData]),
        new("credentials/extendTransaction", "A new SAD for what is left", Signing, [CredentialId, Text("SAD"), Hashes, HashOid, .. V1Names, Lang, ClientData], Answer: CscJson.Default.Authorization),
        new("credentials/delete", "Destroys the key", [DeleteCredential.Scope],
            [
                new("credentialDeletionRequest", Object([CredentialId, Flag("revoke"), Whole("revocationReason")]), true), Lang, ClientData,
            ], 204),
        new("signatures/signHash", "Signs digests", Signing,
            [CredentialId, Text("SAD"), Hashes, HashOid, .. V1Names, SignAlgo with { Required = true }, SignAlgoParams, .. Asynchronous, Lang, ClientData], Answer: CscJson.Default.Signatures),
        new("signatures/signDoc", "Signs documents, or digests of prepared ones", Signing,
            [
                Text("credentialID"), Text("signatureQualifier"), Text("SAD"), new("documents", ArrayOf(Object([new("document", Base64(), true), .. Item]))),
                new("documentDigests", ArrayOf(Object([new("hashes", ArrayOf(Base64()), true), HashOid, .. Item]))), Text("description"),
                Flag("returnValidationInfo"), Flag("returnValidationInformation"), .. Asynchronous, Lang, ClientData,
            ], Answer: CscJson.Default.Signatures),
        new("signatures/signPolling", "The result of operationMode A", Signing, [Text("requestID") with { Required = true }, Text("userID"), Lang, ClientData], Answer: CscJson.Default.Signatures),
        new("signatures/timestamp", "A time stamp (RFC 3161)", Service,
            [new("hash", Base64(), true), Text("hashAlgo") with { Required = true }, Text("nonce"), Lang, ClientData], Answer: CscJson.Default.Timestamp),
    ];

    private static readonly Lazy<string> Document = new(() => Describe().ToJsonString());

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/openapi.json", () => Results.Text(Document.Value, "application/json"));

    internal static JsonObject Describe()
    {
        var paths = new JsonObject { ["/openapi.json"] = new JsonObject { ["get"] = new JsonObject { ["summary"] = "This document", ["security"] = new JsonArray(), ["responses"] = new JsonObject { ["200"] = Answer("OpenAPI document", null) } } } };
        foreach (Method method in Methods)
        {
            var path = new JsonObject { ["post"] = Operation(method, withBody: true) };
            if (method.Name == "info")
                path["get"] = Operation(method, withBody: false);
            paths[$"/{method.Name}"] = path;
        }
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Cloud Signature Consortium API", ["version"] = "2.2.0.0" },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/csc/v2" }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" } },
                ["schemas"] = new JsonObject { ["Error"] = SchemaOf(CscJson.Default.Error) },
            },
        };
    }

    private static JsonObject Operation(Method method, bool withBody)
    {
        var responses = new JsonObject { [$"{method.Status}"] = Answer(method.Summary, method.Answer) };
        if (method.Status == 202) // a client with the names of v1 waits instead
            responses["200"] = Answer("Confirmed while the call waited", CscJson.Default.Authorization);
        if (method.Name is "credentials/authorizeCheck")
            responses["202"] = Answer("Not decided yet", CscJson.Default.Handle);
        if (method.Name is "signatures/signPolling")
            responses["202"] = Answer("Not ready yet", CscJson.Default.Error);
        responses["default"] = new JsonObject
        {
            ["description"] = "Refused",
            ["content"] = Json(new JsonObject { ["$ref"] = "#/components/schemas/Error" }),
        };
        var operation = new JsonObject { ["summary"] = method.Summary, ["operationId"] = method.Name.Replace('/', '.') + (withBody ? "" : ".get"), ["responses"] = responses };
        operation["security"] = new JsonArray([.. method.Scopes.Select(scope => (JsonNode)new JsonObject { ["token"] = new JsonArray(scope) })]);
        if (withBody)
            operation["requestBody"] = new JsonObject { ["content"] = Json(Object(method.Members)) };
        return operation;
    }

    private static JsonObject Answer(string description, JsonTypeInfo? type)
    {
        var answer = new JsonObject { ["description"] = description };
        if (type is not null)
            answer["content"] = Json(SchemaOf(type));
        return answer;
    }

    private static JsonObject Json(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    /// <summary>The schema of what is written: nulls never are (D-8).</summary>
    private static JsonObject SchemaOf(JsonTypeInfo type) => type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = static (_, schema) =>
        {
            if (schema["type"] is JsonArray types)
                schema["type"] = (string?)types.First(each => (string?)each != "null");
            return schema;
        },
    }).AsObject();

    private static JsonObject Object(Member[] members)
    {
        var properties = new JsonObject();
        foreach (Member member in members)
            properties[member.Name] = member.Schema.DeepClone();
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (members.Any(member => member.Required))
            schema["required"] = new JsonArray([.. members.Where(member => member.Required).Select(member => (JsonNode)member.Name)]);
        return schema;
    }

    private static Member Text(string name) => new(name, new JsonObject { ["type"] = "string" });

    private static Member Flag(string name) => new(name, new JsonObject { ["type"] = "boolean" });

    private static Member Whole(string name) => new(name, new JsonObject { ["type"] = "integer" });

    private static Member OneOf(string name, params string[] values) =>
        new(name, new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]) });

    private static JsonObject ArrayOf(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Base64() => new() { ["type"] = "string", ["contentEncoding"] = "base64" };
}

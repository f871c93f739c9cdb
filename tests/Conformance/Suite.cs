namespace Pechat.Conformance.Tests;

/// <summary>What all tests of the suite use.</summary>
internal abstract class Suite
{
    protected const string Sha256 = "2.16.840.1.101.3.4.2.1", Sha384 = "2.16.840.1.101.3.4.2.2", Sha1 = "1.3.14.3.2.26";

    protected static Target Server => Conformance.Tests.Server.Target;

    protected static string Alice => Server["Alice"];

    protected static string Bob => Server["Bob"];

    [TearDown]
    public Task SignerConfirmsAgain() => Server.Owned?.SignerWillAsync("confirm") ?? Task.CompletedTask;

    protected static Task<Answer> V1(string method, object? body, string? token = "") => Server.V1(method, body, token is "" ? Alice : token);

    protected static Task<Answer> V2(string method, object? body, string? token = "") => Server.V2(method, body, token is "" ? Alice : token);

    protected static string H(string text) => Target.H(text);
}

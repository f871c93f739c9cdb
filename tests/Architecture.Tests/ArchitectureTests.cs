namespace Pechat.Architecture.Tests;

/// <summary>Each rule holds in the house, and catches a violation that is planted into it.</summary>
internal sealed class ArchitectureTests
{
    private static readonly House Ours = House.Read();

    private static IEnumerable<TestCaseData> RulesWithViolations()
    {
        yield return Case(Rules.Services_reference_no_service, Planted("services/billing/Billing2/Billing2.csproj", ["Identity"]));
        yield return Case(Rules.Only_key_holders_reference_Pkcs11, Planted("services/signing/Front/Front.csproj", ["Pkcs11"]));
        yield return Case(Rules.SignatureActivation_and_Timestamping_do_not_reach_the_broker,
            Planted("services/other/SignatureActivation.csproj", ["Messaging"]));
        yield return Case(Rules.Pki_AdES_and_Pkcs11_use_no_package, Planted("shared/Second/Pki.csproj", [], ["Dapper"]));
        yield return Case(Rules.Contracts_hold_events_and_the_fault_only,
            Ours.With(new SourceFile("shared/Contracts/Events/Signing/Row.cs", "public sealed record Row(int Id);")));
        yield return Case(Rules.Packages_appear_only_where_the_table_allows, Planted("services/billing/B/B.csproj", [], ["Spectre.Console"]));
        yield return Case(Rules.Versions_stand_in_one_file,
            Ours.With(new Project("shared/X/X.csproj", [], ["Dapper"], ["1.0.0"])));
        yield return Case(Rules.Nothing_references_tests, Planted("services/billing/B/B.csproj", ["Testing"]));
        yield return Case(Rules.No_project_or_folder_has_a_name_that_says_nothing, Planted("shared/Common/Common.csproj", []));
        yield return Case(Rules.Time_comes_from_TimeProvider,
            Ours.With(new SourceFile("services/billing/Billing/Clock.cs", "var now = DateTimeOffset.UtcNow;")));
    }

    [TestCaseSource(nameof(RulesWithViolations))]
    public void Rule_holds_in_the_house(Func<House, IEnumerable<string>> rule, House planted)
    {
        _ = planted;
        Assert.That(rule(Ours), Is.Empty);
    }

    [TestCaseSource(nameof(RulesWithViolations))]
    public void Rule_catches_a_planted_violation(Func<House, IEnumerable<string>> rule, House planted) =>
        Assert.That(rule(planted).Count(), Is.EqualTo(rule(Ours).Count() + 1));

    [Test]
    public void Every_rule_is_tested()
    {
        var rules = typeof(Rules).GetMethods(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.DeclaredOnly)
            .Where(m => m.IsAssembly && m.ReturnType == typeof(IEnumerable<string>)).Select(m => m.Name);
        var tested = RulesWithViolations().Select(c => ((Func<House, IEnumerable<string>>)c.Arguments[0]!).Method.Name);
        Assert.That(tested, Is.EquivalentTo(rules));
    }

    private static House Planted(string path, string[] references, string[]? packages = null) =>
        Ours.With(new Project(path, references, packages ?? [], []));

    private static TestCaseData Case(Func<House, IEnumerable<string>> rule, House planted) =>
        new TestCaseData(rule, planted).SetArgDisplayNames(rule.Method.Name);
}

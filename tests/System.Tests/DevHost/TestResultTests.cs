using Pechat.DevHost.TestRun;

namespace Pechat.SystemTests.DevHost;

/// <summary>The result that <c>build/test</c> reports comes from the result files, and a missing result is no success.</summary>
internal sealed class TestResultTests
{
    private string _directory = "";

    [SetUp]
    public void MakeDirectory() => _directory = Directory.CreateTempSubdirectory("pechat-results-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void Counts_come_from_the_trx_file()
    {
        WriteTrx(("a", "Passed"), ("b", "Failed"), ("c", "NotExecuted"));

        ProjectResult result = Read(exitCode: 1);

        Assert.That((result.Passed, result.Failed, result.Skipped, result.Trouble), Is.EqualTo((1, 1, 1, (string?)null)));
        Assert.That(result.Failures.Single().Name, Is.EqualTo("b"));
    }

    [Test]
    public void A_project_without_a_result_file_is_in_trouble() => Assert.That(Read(exitCode: 0).Trouble, Is.Not.Null);

    [Test]
    public void A_project_that_ran_no_test_is_in_trouble()
    {
        WriteTrx();
        Assert.That(Read(exitCode: 0).Trouble, Does.StartWith("no test ran"));
    }

    [Test]
    public void A_host_that_crashed_after_its_last_passed_test_is_in_trouble()
    {
        WriteTrx(("a", "Passed"));
        Assert.That(Read(exitCode: 134).Trouble, Does.Contain("134"));
    }

    [Test]
    public void Requirement_marks_are_read_from_tests_and_from_their_fixtures()
    {
        WriteTrx(("a", "Passed"));
        File.WriteAllText(Path.Combine(_directory, "nunit.xml"), """
            <test-run><test-suite><properties><property name="Requirement" value="S0-1" /></properties>
            <test-case classname="N.Fixture" methodname="Works" result="Passed"><properties><property name="Requirement" value="S0-2" /></properties></test-case>
            </test-suite></test-run>
            """);

        Assert.That(Read(exitCode: 0).Requirements, Is.EquivalentTo(new[]
        {
            new MarkedTest("S0-1", "Fixture.Works", true),
            new MarkedTest("S0-2", "Fixture.Works", true),
        }));
    }

    [Test]
    public void A_row_is_met_only_when_every_test_marked_with_it_passes()
    {
        var marks = new[] { new MarkedTest("S0-1", "A.One", true), new MarkedTest("S0-2", "A.Two", true), new MarkedTest("S0-2", "A.Three", false) }.ToLookup(m => m.Row);

        string table = RequirementTable.Render(["S0-1", "S0-2", "S0-3"], marks);

        Assert.That(table, Does.EndWith("| S0-1 | met | A.One |\n| S0-2 | open | |\n| S0-3 | open | |\n"));
        Assert.That(RequirementTable.Claimed(table.Split('\n')), Is.EqualTo(new[] { "S0-1" }));
    }

    [Test]
    public void The_table_has_one_row_for_every_requirement() => Assert.That(RequirementTable.Rows(), Has.Length.EqualTo(191).And.Unique);

    private ProjectResult Read(int exitCode) => TestProject.Read("X.Tests", _directory, TimeSpan.Zero, exitCode, "log");

    private void WriteTrx(params (string Name, string Outcome)[] tests) => File.WriteAllText(Path.Combine(_directory, "results.trx"),
        "<TestRun xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\"><Results>"
        + string.Concat(tests.Select(t => $"<UnitTestResult testName=\"{t.Name}\" outcome=\"{t.Outcome}\" />")) + "</Results></TestRun>");
}

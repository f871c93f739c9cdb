using NUnit.Framework.Interfaces;

namespace Pechat.Conformance.Tests;

/// <summary>Names a statement of the conformance checklist that the test judges; its outcome goes into the table.</summary>
/// <param name="number">Number in <c>statements.txt</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class StatementAttribute(int number) : Attribute, ITestAction
{
    public int Number { get; } = number;

    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test)
    {
    }

    public void AfterTest(ITest test)
    {
        TestContext.ResultAdapter result = TestContext.CurrentContext.Result;
        ConformanceTable.Record(Number, result.Outcome.Status, result.Message ?? "");
    }
}

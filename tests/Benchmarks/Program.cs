using System.CommandLine;
using Pechat.Benchmarks.Pkcs11;

var root = new RootCommand("Bounded benchmarks; each compares with its yardstick in the same run.")
{
    BindingBenchmark.Command(),
};
return await root.Parse(args).InvokeAsync();

using System.CommandLine;
using Pechat.Benchmarks.Pkcs11;
using Pechat.Benchmarks.Sign;

var root = new RootCommand("Bounded benchmarks; each compares with its yardstick in the same run.")
{
    BindingBenchmark.Command(),
    SignBenchmark.Command(),
};
return await root.Parse(args).InvokeAsync();

using System.Runtime.Versioning;
using Pechat.DevHost;

[assembly: SupportedOSPlatform("linux")]

// After Ctrl-C or SIGTERM everything is stopped in order, which takes longer than the two seconds granted by default.
return await Commands.Root().Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });

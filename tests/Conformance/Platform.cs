[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")] // like the house that it starts

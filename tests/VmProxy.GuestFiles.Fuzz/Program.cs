using SharpFuzz;
using VmProxy.GuestFiles.Fuzz;
using VmProxy.GuestFiles.Fuzz.Harness;

const int Usage = 2;

switch (args)
{
    // AFL++ runs this: it gives one input after another, and takes an exception for a crash.
    case ["run", var name] when Targets.All.TryGetValue(name, out var target):
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            Targets.Run(target, input.ToArray());
        });
        return 0;

    // What was found, again: the exception is printed by the runtime.
    case ["replay", var name, .. var files] when Targets.All.TryGetValue(name, out var target):
        foreach (var file in files)
        {
            Console.WriteLine(file);
            Targets.Run(target, File.ReadAllBytes(file));
        }

        return 0;

    case ["pack", var image, var sectorFile]:
        File.WriteAllBytes(sectorFile, SectorFile.Pack(File.ReadAllBytes(image)));
        return 0;

    default:
        Console.Error.WriteLine("usage: run NAME | replay NAME FILE... | pack IMAGE SECTORFILE");
        return Usage;
}

namespace VmProxy.Simulation.Tests;

/// <summary>The small worlds: each is made for rules of docs/FORMAT.md, 10.1 to 10.4, that large ones seldom put to the test.</summary>
static class Casts
{
    static readonly int[] Garbage = [.. Enumerable.Range(1, 4)];
    static readonly int[] Other = [.. Enumerable.Range(20, 4)];

    static readonly Role Prune = new('P', "prune", Roles.PruneAsync);
    static readonly Role Incremental = new('I', "incremental", actor => Roles.IncrementalAsync(actor));
    static readonly Role Delete = new('D', "delete", Roles.DeleteAsync);
    static readonly Role Rotate = new('R', "rotate", CareScripts.RotateAsync);

    public static IEnumerable<string> Names => All.Select(cast => cast.Name);

    public static IReadOnlyList<Cast> All { get; } =
    [
        new("A full that finds what is garbage", actor => Roles.LeaveGarbageAsync(actor, Garbage), new Role('F', "full", actor => Roles.WriteAsync(actor, Garbage)), Prune),

        new("A base that lies in condemned packs, and is deleted", actor => Roles.CommitIntoCondemnedPacksAsync(actor, Garbage), Incremental, Delete, Prune),

        new("A base of which little is left", Roles.LeaveLittleAsync, Incremental, Delete, Prune) { Switches = 1 },

        new("A point that one holds and another one deletes", actor => Roles.WriteAsync(actor, Garbage), new Role('H', "hold", Roles.HoldAsync), Delete, Prune),

        new("A rebuild that sleeps while what it has read is deleted and written again", actor => Roles.LeaveGarbageAsync(actor, Garbage),
            new Role('B', "rebuild", CareScripts.RebuildAsync), new Role('S', "story", actor => Roles.WriteAgainAsync(actor, Garbage)), Prune) { Switches = 1 },

        new("A full that is closed, and who builds on it", actor => Roles.WriteAsync(actor, Other),
            new Role('F', "full", actor => Roles.WriteAsync(actor, Garbage, RepositoryErrorCodes.SessionExpired)), new Role('L', "late prune", Roles.PruneLateAsync),
            new Role('I', "incremental", actor => Roles.IncrementalAsync(actor, RepositoryErrorCodes.SessionExpired))) { First = "FL" },

        new("A full between rotations", actor => Roles.WriteAsync(actor, Other),
            new Role('F', "full", actor => Roles.WriteAsync(actor, Garbage)), Rotate, new Role('O', "other rotation", CareScripts.RotateAsync)) { IsEncrypted = true },

        new("A check beside a prune", Roles.LeaveLittleAsync, new Role('C', "check", actor => CareScripts.CheckAsync(actor, readsData: true)), Prune, Delete)
        {
            Switches = 1,
        },

        new("A check between the steps of a prune", Roles.LeaveLittleAsync, new Role('C', "check", actor => CareScripts.CheckAsync(actor, readsData: false)), Prune),

        new("A check beside a rotation and a prune", actor => Roles.LeaveGarbageAsync(actor, Garbage),
            new Role('C', "check", actor => CareScripts.CheckAsync(actor, readsData: true)), Rotate, Prune) { Switches = 1, IsEncrypted = true },

        new("Two prunes and a rotation", actor => Roles.LeaveGarbageAsync(actor, Garbage), Prune, new Role('Q', "second prune", Roles.PruneAsync), Rotate) { IsEncrypted = true },

        new("A rebuild beside a full and a prune", actor => Roles.LeaveGarbageAsync(actor, Garbage),
            new Role('B', "rebuild", CareScripts.RebuildAsync), Prune, new Role('F', "full", actor => Roles.WriteAsync(actor, Other))) { Switches = 1 },
    ];
}

namespace VmProxy.Simulation.Tests;

/// <summary>What the actors do that care for a repository: changes of keys, checks, rebuilds of the index.</summary>
static class CareScripts
{
    /// <summary>Rotates, adds, removes, and removes with a new master key.</summary>
    public static async Task ChangeKeysAsync(Actor actor, Random random)
    {
        var keys = actor.World.Promises.Keys;
        keys.AreChanging = true;
        await Scripts.GuardAsync(actor, async () =>
        {
            var administration = (await actor.World.OpenAsync(actor)).KeyAdministration;
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                if (random.Next(3) == 0)
                {
                    await administration.RotateAsync(default);
                }
                else if (keys.Added.Count == 0 || random.Next(2) == 0)
                {
                    var key = (actor.Number * 10) + i;
                    await administration.AddAsync(Template.KeyOf(key), KeyPromises.Label(key), PassphraseCost.Default, default);
                    keys.Add(key);
                }
                else
                {
                    await RemoveAsync(administration, keys, keys.Added[random.Next(keys.Added.Count)], random.Next(2) == 0);
                }
            }
        }, RepositoryErrorCodes.KeyRefused);
    }

    public static async Task RotateAsync(Actor actor)
    {
        actor.World.Promises.Keys.AreChanging = true;
        await Scripts.GuardAsync(actor, () => actor.World.Open(actor).KeyAdministration.RotateAsync(default));
    }

    /// <summary>Beside whatever works, nothing is damaged.</summary>
    public static async Task CheckAsync(Actor actor, bool readsData)
    {
        var repository = actor.World.Open(actor);
        await Scripts.GuardAsync(actor, async () =>
        {
            var report = await repository.CheckAsync(new CheckOptions { ReadData = readsData }, null, default);
            var finding = report.Findings.FirstOrDefault(finding => finding.LosesData || !IsLeftBehind(finding, actor.World.Promises.Keys));

            // A store that fails now and then looks like damage, and may.
            Scripts.Expect(actor, finding is null || actor.HasSeenFailure ? null : $"{finding} {string.Join(", ", finding.Uses)}");
        });
    }

    /// <summary>A change of keys is made before its ring has a copy, and who wakes late may bring back records of packs that nobody needs.</summary>
    static bool IsLeftBehind(CheckFinding finding, KeyPromises keys) =>
        finding.Code == CheckCodes.PackMissing || (finding.Code == CheckCodes.Key && keys.AreChanging);

    public static async Task RebuildAsync(Actor actor)
    {
        var repository = actor.World.Open(actor);
        await Scripts.GuardAsync(actor, async () =>
        {
            var report = await repository.RebuildIndexAsync(null, default);
            Scripts.Expect(actor, report.Damaged.Count == 0 || actor.HasSeenFailure ? null : report.Damaged[0].ToString());
        });
    }

    static async Task RemoveAsync(KeyAdministration administration, KeyPromises keys, int key, bool renews)
    {
        keys.BeginRemove(key);
        var others = keys.Added.Select(Template.KeyOf).ToList();
        if ((await administration.ListAsync(default)).Keys.FirstOrDefault(info => info.Label == KeyPromises.Label(key)) is not { } found)
        {
            return;
        }

        await (renews
            ? administration.RemoveAndRenewAsync(found.Id, others, PassphraseCost.Default, default)
            : administration.RemoveAsync(found.Id, default));
        keys.Remove(key);
    }
}

namespace VmProxy.Vim25.Generator.Model;

/// <summary>All files together: names resolved, doubtful declarations left out and reported.</summary>
public sealed class Schema
{
    private readonly Dictionary<string, ComplexType> _complexTypes = [];
    private readonly Dictionary<string, EnumType> _enums = [];
    private readonly Dictionary<string, MessageElement> _elements = [];
    private readonly HashSet<string> _messageTypes = [];
    private readonly List<SchemaProblem> _problems = [];

    private Schema(IReadOnlyList<SchemaFile> files) => Files = files;

    public IReadOnlyList<SchemaFile> Files { get; }

    public IReadOnlyList<SchemaProblem> Problems => _problems;

    public IReadOnlyList<ResolvedOperation> Operations { get; private set; } = [];

    public IEnumerable<EnumType> Enums => Files.SelectMany(file => file.Enums);

    public IEnumerable<ManagedType> ManagedTypes => Files.SelectMany(file => file.ManagedTypes);

    public IEnumerable<ComplexType> DataTypes => Files.SelectMany(DataTypesOf);

    /// <summary>The data objects that a file declares; messages and the reference type are none.</summary>
    public IEnumerable<ComplexType> DataTypesOf(SchemaFile file) =>
        file.ComplexTypes.Where(type => !type.IsReference && !_messageTypes.Contains(type.Name));

    public TypeKind KindOf(Field field) => field switch
    {
        { IsBuiltIn: true } => TypeKind.BuiltIn,
        _ when _enums.ContainsKey(field.Type) => TypeKind.Enum,
        _ when _complexTypes.TryGetValue(field.Type, out var type) => type.IsReference ? TypeKind.Reference : TypeKind.Object,
        _ => TypeKind.Unknown,
    };

    public static Schema Resolve(IEnumerable<SchemaFile> files)
    {
        var schema = new Schema([.. files.OrderBy(file => file.Name, StringComparer.Ordinal)]);
        schema._problems.AddRange(schema.Files.SelectMany(file => file.Problems));
        schema.Index(schema.Files.SelectMany(file => file.ComplexTypes), schema._complexTypes, type => type.Name, type => type.Place);
        schema.Index(schema.Enums, schema._enums, type => type.Name, type => type.Place);
        schema.Index(schema.Files.SelectMany(file => file.Elements), schema._elements, element => element.Name, element => element.Place);
        schema.Operations = [.. schema.Files.SelectMany(file => file.Operations).Select(schema.Resolve).OfType<ResolvedOperation>()];
        schema._messageTypes.UnionWith(schema._elements.Values.Select(element => element.Type).OfType<string>());
        foreach (var type in schema._complexTypes.Values)
        {
            schema.Check(type);
        }

        foreach (var field in schema._elements.Values.Select(element => element.Returns).OfType<Field>()
            .Concat(schema.ManagedTypes.SelectMany(type => type.Properties)))
        {
            schema.CheckType(field);
        }

        return schema;
    }

    private void Index<T>(IEnumerable<T> items, Dictionary<string, T> index, Func<T, string> nameOf, Func<T, SchemaPlace> placeOf)
    {
        foreach (var item in items)
        {
            if (index.ContainsKey(nameOf(item)))
            {
                _problems.Add(new SchemaProblem($"'{nameOf(item)}' is declared twice", placeOf(item)));
            }

            index[nameOf(item)] = item;
        }
    }

    private ResolvedOperation? Resolve(Operation operation)
    {
        if (!_elements.TryGetValue(operation.RequestElement, out var request) || request.Type is null
            || !_complexTypes.TryGetValue(request.Type, out var type))
        {
            _problems.Add(new SchemaProblem($"operation '{operation.Name}': no request element with a named type", operation.Place));
            return null;
        }

        if (type.Fields.Count == 0 || type.Fields[0].Name != "_this")
        {
            _problems.Add(new SchemaProblem($"operation '{operation.Name}': the first parameter must be '_this'", type.Place));
            return null;
        }

        if (!_elements.TryGetValue(operation.ResponseElement, out var response))
        {
            _problems.Add(new SchemaProblem($"operation '{operation.Name}': no response element", operation.Place));
            return null;
        }

        return new ResolvedOperation(operation.Name, type, response.Returns);
    }

    private void Check(ComplexType type)
    {
        var seen = new HashSet<string>();
        var names = new HashSet<string>();
        for (var level = type; level is not null; level = level.Base is null ? null : Find(level))
        {
            if (!seen.Add(level.Name))
            {
                _problems.Add(new SchemaProblem($"'{type.Name}' extends itself", type.Place));
                return;
            }

            foreach (var field in level.Fields.Where(field => !names.Add(field.Name)))
            {
                _problems.Add(new SchemaProblem($"'{type.Name}' has the element '{field.Name}' twice", type.Place));
            }
        }

        foreach (var field in type.Fields)
        {
            CheckType(field);
        }
    }

    private ComplexType? Find(ComplexType type)
    {
        if (!_complexTypes.TryGetValue(type.Base!, out var found))
        {
            _problems.Add(new SchemaProblem($"'{type.Name}' extends '{type.Base}', which is not declared", type.Place));
        }

        return found;
    }

    private void CheckType(Field field)
    {
        if (KindOf(field) == TypeKind.Unknown)
        {
            _problems.Add(new SchemaProblem($"'{field.Name}' has the type '{field.Type}', which is not declared", field.Place));
        }
    }
}

/// <summary>An operation with its request type, `_this` first, and what it returns.</summary>
public sealed record ResolvedOperation(string Name, ComplexType Request, Field? Returns);

/// <summary>What the name of a field's type stands for.</summary>
public enum TypeKind
{
    Unknown,
    BuiltIn,
    Enum,
    Reference,
    Object,
}

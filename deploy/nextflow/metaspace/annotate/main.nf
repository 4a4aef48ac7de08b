process METASPACE_ANNOTATE {
    tag "$meta.id"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "metaspace:0.1.0"

    input:
    tuple val(meta), path(imzml), path(ibd)
    path database

    output:
    tuple val(meta), path("${prefix}")                                 , emit: results
    tuple val(meta), path("${prefix}/annotations.csv")                 , emit: annotations
    tuple val(meta), path("${prefix}.ions.parquet"), optional: true    , emit: matrix
    tuple val("${task.process}"), val('metaspace'), eval("metaspace --version | sed 's/metaspace //'"), topic: versions, emit: versions_metaspace

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def args2 = task.ext.args2 ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def table = database ? "--database ${database}" : ''
    def memory = task.memory ? "--memory ${task.memory.toMega()}MB" : ''
    """
    metaspace annotate \\
        ${imzml} \\
        --ibd ${ibd} \\
        ${table} \\
        --threads ${task.cpus} \\
        ${memory} \\
        --out ${prefix} \\
        ${args}

    if [ -n "${args2}" ]; then
        metaspace export ${prefix} --matrix ${prefix}.ions.parquet ${args2}
    fi
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}
    touch ${prefix}/annotations.csv ${prefix}/run.json
    """
}
